import { type HTMLAttributes, type KeyboardEvent, type PointerEvent, useState } from 'react'

/** From 0 to 1; y points down. */
export interface Position {
  readonly x: number
  readonly y: number
}

export interface PenOptions {
  /** Movement for one press of an arrow key. */
  readonly stride: Position
  /** Starts a line. */
  readonly start: (at: Position) => void
  /** Continues the line. */
  readonly move: (at: Position) => void
}

export interface Pen extends Position {
  readonly isDown: boolean
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/**
 * Drawing on an element by pointer, or by keyboard: arrow keys move the pen, space lowers and lifts it. Returns the keyboard's pen, null until
 * a key is pressed, and the props of the element.
 */
export function usePen({ stride, start, move }: PenOptions) {
  const [pen, setPen] = useState<Pen | null>(null)

  const onPointer = ({ currentTarget: target, pointerId, type, clientX, clientY }: PointerEvent<HTMLElement>) => {
    const { left, top, width, height } = target.getBoundingClientRect()
    const at = { x: (clientX - left) / width, y: (clientY - top) / height }
    if (type === 'pointerdown') {
      target.setPointerCapture(pointerId)
      start(at)
    } else if (target.hasPointerCapture(pointerId)) move(at)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    const direction = directions[event.key]
    const { x, y, isDown } = pen ?? { x: 0.5, y: 0.5, isDown: false }
    if (direction !== undefined) {
      const at = { x: clamp(x + stride.x * direction[0]), y: clamp(y + stride.y * direction[1]) }
      setPen({ ...at, isDown })
      if (isDown) move(at)
    } else if (event.key === ' ') {
      setPen({ x, y, isDown: !isDown })
      if (!isDown) start({ x, y })
    } else return
    event.preventDefault()
  }

  const props: HTMLAttributes<HTMLElement> = {
    role: 'application',
    'aria-label': `Drawing pad, pen ${pen?.isDown ? 'down' : 'up'}`,
    tabIndex: 0,
    onKeyDown,
    onPointerDown: onPointer,
    onPointerMove: onPointer,
  }
  return { pen, props }
}

const clamp = (value: number) => Math.min(1, Math.max(0, value))
