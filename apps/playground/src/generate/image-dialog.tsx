/** One image, enlarged, with its path from noise. The image is sampled again by itself, which gives the same result. */
import { Button } from '@base-ui/react/button'
import { Dialog } from '@base-ui/react/dialog'
import type { PlanarImage } from '@mixflow/core'
import type { SampledImage, SampleRequest, WebModel } from '@mixflow/sdk-web'
import { useEffect, useState } from 'react'
import { ImageView } from '../parts/image-view.tsx'
import { Modal } from '../parts/modal.tsx'
import { saveImage } from './png.ts'

export interface ImageDialogProps {
  readonly model: WebModel
  /** The request of the gallery. */
  readonly request: SampleRequest
  readonly image: SampledImage
  /** Name of the class as text, or empty. */
  readonly className: string
  readonly fileName: string
  readonly onClose: () => void
}

interface Frame {
  readonly t: number
  readonly image: PlanarImage
}

export function ImageDialog({ model, request, image, className, fileName, onClose }: ImageDialogProps) {
  const frames = useFrames(model, request, image)
  const { width, height, seed, index, nfe } = image
  return (
    <Modal
      title={`Image ${index}`}
      description={`Seed ${seed}${className}, NFE ${nfe}, ${width} × ${height} pixels`}
      onClose={onClose}
    >
      <div className="large-image">
        <ImageView {...{ image, width, height }} name={`Image ${index}`} />
      </div>
      <ol className="frames" aria-label="From noise to image">
        {frames.map(({ t, image: frame }) => (
          <li key={t}>
            <ImageView image={frame} {...{ width, height }} />
            <span>t = {Number(t.toFixed(2))}</span>
          </li>
        ))}
      </ol>
      <div className="dialog-buttons">
        <span className="spring" />
        <Button className="button" onClick={() => saveImage(image, fileName)}>
          Save PNG
        </Button>
        <Dialog.Close className="button primary">Close</Dialog.Close>
      </div>
    </Modal>
  )
}

const maxFrames = 8

/** Returns the source sample and the image after each step. */
function useFrames(model: WebModel, request: SampleRequest, { index, label }: SampledImage): readonly Frame[] {
  const [frames, setFrames] = useState<readonly Frame[]>([])
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const run = async () => {
      const { seed, mixtureWeight } = request
      const one = { count: 1, firstImage: index, signal, ...(label !== undefined && { label }) }
      const { x0 } = await model.sources({
        ...one,
        ...(seed !== undefined && { seed }),
        ...(mixtureWeight !== undefined && { mixtureWeight }),
      })
      const { channels, height, width } = model.capabilities().image
      const all: Frame[] = [{ t: 0, image: { channels, height, width, data: x0 } }]
      for await (const { t, images } of model.stream({ ...request, ...one })) all.push({ t, image: images[0]! })
      if (!signal.aborted) setFrames(thinned(all))
    }
    run().catch(() => {})
    return () => controller.abort()
  }, [model, request, index, label])
  return frames
}

/** Keeps the first, the last, and evenly spaced frames between them. */
const thinned = (frames: readonly Frame[]): readonly Frame[] =>
  frames.length <= maxFrames
    ? frames
    : Array.from({ length: maxFrames }, (_, i) => frames[Math.round((i * (frames.length - 1)) / (maxFrames - 1))]!)
