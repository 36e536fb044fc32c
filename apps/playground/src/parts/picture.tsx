/** A picture of a model, pixel by pixel, on a canvas that has its size before it is there. */
import type { PlanarImage } from '@mixflow/core'
import { toRgba } from '@mixflow/core/internal'
import { useEffect, useRef } from 'react'

export interface PictureProps {
  /** undefined: not yet. A new one is drawn at once. */
  readonly image: PlanarImage | undefined
  readonly width: number
  readonly height: number
  /** In words; none where what holds it is named. */
  readonly name?: string
}

export function PictureView({ image, width, height, name }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (image === undefined || image.width !== width || image.height !== height) return
    const { data } = toRgba(image)
    canvas.current!.getContext('2d')!.putImageData(new ImageData(data, image.width, image.height), 0, 0)
  }, [image, width, height])
  return (
    <canvas
      ref={canvas}
      className="picture"
      {...{ width, height }}
      {...(name === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
    />
  )
}
