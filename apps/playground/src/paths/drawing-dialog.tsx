/** A dialog to draw the data. */
import { Button } from '@base-ui/react/button'
import { Dialog } from '@base-ui/react/dialog'
import { useMemo, useState } from 'react'
import { Modal } from '../parts/modal.tsx'
import { type Pen, type Position, usePen } from '../parts/use-pen.ts'
import { type Drawing, Plot } from './plot.tsx'
import { type Point, readStrokes, type Stroke, writeStrokes } from './training/drawing.ts'

export interface DrawingDialogProps {
  readonly isOpen: boolean
  readonly drawing: string
  readonly onClose: () => void
  readonly onDone: (drawing: string) => void
}

export function DrawingDialog({ isOpen, drawing, onClose, onDone }: DrawingDialogProps) {
  return (
    <Modal
      title="Draw the data"
      description="Data points are spread along your strokes. Keyboard: arrow keys move the pen, space lowers and lifts it."
      {...{ isOpen, onClose }}
    >
      <DrawingPad
        drawing={drawing}
        onDone={next => {
          onDone(next)
          onClose()
        }}
      />
    </Modal>
  )
}

const stride = { x: 0.04, y: 0.04 }

const pointAt = ({ x, y }: Position): Point => [2 * x - 1, 1 - 2 * y]

function DrawingPad({ drawing, onDone }: Pick<DrawingDialogProps, 'drawing' | 'onDone'>) {
  const [strokes, setStrokes] = useState<readonly Stroke[]>(() => readStrokes(drawing) ?? [])
  const { pen, props } = usePen({
    stride,
    start: at => setStrokes(before => [...before, [pointAt(at)]]),
    move: at => setStrokes(before => [...before.slice(0, -1), [...(before.at(-1) ?? []), pointAt(at)]]),
  })
  const drawn = useMemo(() => padDrawing(strokes, pen), [strokes, pen])
  const text = writeStrokes(strokes)
  return (
    <>
      <div className="drawing-board" {...props}>
        <Plot
          className="drawing-board-plot"
          drawing={drawn}
          label={`${strokes.length} ${strokes.length === 1 ? 'stroke' : 'strokes'}`}
        />
      </div>
      <div className="dialog-buttons">
        <Button className="button" onClick={() => setStrokes([])}>
          Clear
        </Button>
        <span className="spring" />
        <Dialog.Close className="button">Cancel</Dialog.Close>
        <Button className="button primary" disabled={text === ''} onClick={() => onDone(text)}>
          Use this drawing
        </Button>
      </div>
    </>
  )
}

const padDrawing = (strokes: readonly Stroke[], pen: Pen | null): Drawing => ({
  drawStatic({ context, width, height, colours }) {
    const pixel = ([x, y]: Point) => [((x + 1) / 2) * width, ((1 - y) / 2) * height] as const
    context.strokeStyle = colours.text
    context.lineWidth = 5
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.beginPath()
    for (const [first, ...others] of strokes) {
      context.moveTo(...pixel(first!))
      // a stroke of one point is a dot
      context.lineTo(...pixel(first!))
      for (const point of others) context.lineTo(...pixel(point))
    }
    context.stroke()
    if (pen === null) return
    context.fillStyle = pen.isDown ? colours.mixflow : colours.rectifiedFlow
    context.beginPath()
    context.arc(pen.x * width, pen.y * height, 6, 0, 2 * Math.PI)
    context.fill()
  },
})
