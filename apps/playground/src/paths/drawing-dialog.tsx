/** Data by hand: strokes on a board, by pointer, or with the arrow keys while the space bar holds the pen down. */
import { Button } from '@base-ui/react/button'
import { Dialog } from '@base-ui/react/dialog'
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react'
import { type Drawing, Plot } from '../parts/plot.tsx'
import { type Point, readStrokes, type Stroke, writeStrokes } from './training/drawing.ts'

export interface DrawingDialogProps {
  readonly isOpen: boolean
  readonly drawing: string
  readonly onClose: () => void
  readonly onDone: (drawing: string) => void
}

export function DrawingDialog({ isOpen, drawing, onClose, onDone }: DrawingDialogProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog panel">
          <Dialog.Title>Draw the data</Dialog.Title>
          <Dialog.Description>
            Lines, dots, a letter: points will lie along your strokes. By keyboard: arrow keys move the pen, space puts
            it down and lifts it.
          </Dialog.Description>
          <Board
            drawing={drawing}
            onDone={next => {
              onDone(next)
              onClose()
            }}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const keys: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}
/** How far a key moves the pen. */
const stride = 0.08

interface Pen {
  readonly at: Point
  readonly isDown: boolean
}

function Board({ drawing, onDone }: Pick<DrawingDialogProps, 'drawing' | 'onDone'>) {
  const [strokes, setStrokes] = useState<readonly Stroke[]>(() => readStrokes(drawing) ?? [])
  const [pen, setPen] = useState<Pen | null>(null)
  const figure = useMemo(() => boardFigure(strokes, pen), [strokes, pen])

  const begin = (at: Point) => setStrokes(before => [...before, [at]])
  const goOn = (at: Point) => setStrokes(before => [...before.slice(0, -1), [...(before.at(-1) ?? []), at]])

  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
    const at: Point = [(2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height]
    if (event.type === 'pointerdown') {
      event.currentTarget.setPointerCapture(event.pointerId)
      begin(at)
    } else if (event.currentTarget.hasPointerCapture(event.pointerId)) goOn(at)
  }

  const onKey = (event: KeyboardEvent) => {
    const along = keys[event.key]
    const { at, isDown } = pen ?? { at: [0, 0] as Point, isDown: false }
    if (along !== undefined) {
      const move = (i: 0 | 1) => Math.min(1, Math.max(-1, at[i] + stride * along[i]))
      const next: Point = [move(0), move(1)]
      setPen({ at: next, isDown })
      if (isDown) goOn(next)
    } else if (event.key === ' ') {
      setPen({ at, isDown: !isDown })
      if (!isDown) begin(at)
    } else return
    event.preventDefault()
  }

  const written = writeStrokes(strokes)
  return (
    <>
      <div
        className="board"
        role="application"
        aria-label={`Drawing board, pen ${pen?.isDown ? 'down' : 'up'}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is drawn on with the keyboard
        tabIndex={0}
        onKeyDown={onKey}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
      >
        <Plot className="board-plot" drawing={figure} label={`${strokes.length} strokes`} />
      </div>
      <div className="dialog-buttons">
        <Button className="button" onClick={() => setStrokes([])}>
          Clear
        </Button>
        <span className="spring" />
        <Dialog.Close className="button">Cancel</Dialog.Close>
        <Button className="button primary" disabled={written === ''} onClick={() => onDone(written)}>
          Train on this
        </Button>
      </div>
    </>
  )
}

const boardFigure = (strokes: readonly Stroke[], pen: Pen | null): Drawing => ({
  still({ context, width, height, colours }) {
    const place = ([x, y]: Point) => [((x + 1) / 2) * width, ((1 - y) / 2) * height] as const
    context.strokeStyle = colours.text
    context.lineWidth = 5
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.beginPath()
    for (const [first, ...others] of strokes) {
      context.moveTo(...place(first!))
      // a dot, too, is a line
      context.lineTo(...place(first!))
      for (const point of others) context.lineTo(...place(point))
    }
    context.stroke()
    if (pen === null) return
    context.fillStyle = pen.isDown ? colours.mixflow : colours.rectifiedFlow
    context.beginPath()
    context.arc(...place(pen.at), 6, 0, 2 * Math.PI)
    context.fill()
  },
})
