import type { PlanarImage } from '@mixflow/core'
import { toRgba } from '@mixflow/core/internal'
import { type RefObject, useEffect, useRef } from 'react'
import { type Position, usePen } from '../parts/use-pen.ts'
import { planar } from './resize-image.ts'

export interface DrawingPadProps {
  readonly image: PlanarImage
  readonly onDraw: (image: PlanarImage) => void
}

/** Draws in white on an image of the model's resolution. */
export function DrawingPad({ image, onDraw }: DrawingPadProps) {
  const { width, height, channels } = image
  const canvas = useRef<HTMLCanvasElement>(null)
  const last = useRef<Position>(null)
  const drawn = useRef<PlanarImage>(null)

  useEffect(() => {
    // the canvas already shows what was drawn on it
    if (image === drawn.current) return
    const { data } = toRgba(image)
    contextOf(canvas).putImageData(new ImageData(data, width, height), 0, 0)
  }, [image, width, height])

  const drawLine = (from: Position, to: Position) => {
    const context = contextOf(canvas)
    context.strokeStyle = 'white'
    context.lineWidth = Math.max(1, width / 12)
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(from.x * width, from.y * height)
    // a line of length 0 would not be drawn
    context.lineTo(to.x * width + 0.01, to.y * height)
    context.stroke()
    last.current = to
    drawn.current = planar(context.getImageData(0, 0, width, height), channels)
    onDraw(drawn.current)
  }
  const { pen, props } = usePen({
    stride: { x: 1 / width, y: 1 / height },
    start: at => drawLine(at, at),
    move: at => drawLine(last.current ?? at, at),
  })

  return (
    <div className="drawing-pad" {...props}>
      <canvas ref={canvas} {...{ width, height }} className="image" role="img" aria-label="Your image" />
      {pen !== null && (
        <svg className="pen" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <circle cx={pen.x * width} cy={pen.y * height} r={width / 24} className={pen.isDown ? 'pen-down' : ''} />
        </svg>
      )}
    </div>
  )
}

const contextOf = (canvas: RefObject<HTMLCanvasElement | null>) =>
  canvas.current!.getContext('2d', { willReadFrequently: true })!
