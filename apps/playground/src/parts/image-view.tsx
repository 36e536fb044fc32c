import type { PlanarImage } from '@mixflow/core'
import { toRgba } from '@mixflow/core/internal'
import { useEffect, useRef } from 'react'

export interface ImageViewProps {
  /** undefined: not sampled yet. */
  readonly image: PlanarImage | undefined
  readonly width: number
  readonly height: number
  /** For screen readers. Default: hidden from them. */
  readonly name?: string
}

/** An image of a model on a canvas of its size in pixels. The canvas keeps that size while there is no image. */
export function ImageView({ image, width, height, name }: ImageViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (image === undefined || image.width !== width || image.height !== height) return
    const { data } = toRgba(image)
    canvas.current!.getContext('2d')!.putImageData(new ImageData(data, image.width, image.height), 0, 0)
  }, [image, width, height])
  return (
    <canvas
      ref={canvas}
      className="image"
      {...{ width, height }}
      {...(name === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name })}
    />
  )
}
