/**
 * A board of the model's own pixels to draw on, white on black: by pointer, or with the arrow keys while the space bar holds the
 * pen down.
 */
import type { PlanarImage } from '@mixflow/core'
import { toRgba } from '@mixflow/core/internal'
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { planar } from './scale-picture.ts'

export interface BoardProps {
  readonly picture: PlanarImage
  readonly onDraw: (picture: PlanarImage) => void
}

interface Pen {
  /** In pixels of the picture. */
  readonly x: number
  readonly y: number
  readonly isDown: boolean
}

const ways: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export function Board({ picture, onDraw }: BoardProps) {
  const { width, height, channels } = picture
  const canvas = useRef<HTMLCanvasElement>(null)
  const last = useRef<{ readonly x: number; readonly y: number }>(null)
  const drawn = useRef<PlanarImage>(null)
  const [pen, setPen] = useState<Pen | null>(null)

  useEffect(() => {
    // what was drawn here is there already
    if (picture === drawn.current) return
    const { data } = toRgba(picture)
    contextOf(canvas).putImageData(new ImageData(data, width, height), 0, 0)
  }, [picture, width, height])

  const line = (x: number, y: number) => {
    const context = contextOf(canvas)
    const from = last.current ?? { x, y }
    last.current = { x, y }
    context.strokeStyle = 'white'
    context.lineWidth = Math.max(1, width / 12)
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(from.x, from.y)
    // a dot, too, is a line
    context.lineTo(x + 0.01, y)
    context.stroke()
    drawn.current = planar(context.getImageData(0, 0, width, height), channels)
    onDraw(drawn.current)
  }

  const onPointer = (event: PointerEvent<HTMLCanvasElement>) => {
    const { currentTarget: target, pointerId } = event
    const box = target.getBoundingClientRect()
    if (event.type === 'pointerdown') {
      target.setPointerCapture(pointerId)
      last.current = null
    } else if (!target.hasPointerCapture(pointerId)) return
    line(((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height)
  }

  const onKey = (event: KeyboardEvent) => {
    const way = ways[event.key]
    const { x, y, isDown } = pen ?? { x: width / 2, y: height / 2, isDown: false }
    if (way !== undefined) {
      const next = { x: within(x + way[0], width), y: within(y + way[1], height), isDown }
      setPen(next)
      if (isDown) line(next.x, next.y)
    } else if (event.key === ' ') {
      setPen({ x, y, isDown: !isDown })
      last.current = null
      if (!isDown) line(x, y)
    } else return
    event.preventDefault()
  }

  return (
    <div
      className="pixel-board"
      role="application"
      aria-label={`Drawing board, pen ${pen?.isDown ? 'down' : 'up'}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is drawn on with the keyboard
      tabIndex={0}
      onKeyDown={onKey}
    >
      <canvas
        ref={canvas}
        {...{ width, height }}
        className="picture"
        role="img"
        aria-label="The picture that is κ"
        onPointerDown={onPointer}
        onPointerMove={onPointer}
      />
      {pen !== null && (
        <svg className="pen" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <circle cx={pen.x} cy={pen.y} r={width / 24} className={pen.isDown ? 'pen-down' : ''} />
        </svg>
      )}
    </div>
  )
}

const within = (value: number, size: number) => Math.min(size - 0.5, Math.max(0.5, value))

const contextOf = (canvas: React.RefObject<HTMLCanvasElement | null>) =>
  canvas.current!.getContext('2d', { willReadFrequently: true })!
