/** One picture, large, with its way from noise: sampled once more by itself, which gives the same. */
import { Button } from '@base-ui/react/button'
import { Dialog } from '@base-ui/react/dialog'
import type { PlanarImage } from '@mixflow/core'
import type { SampledImage, SampleRequest, WebModel } from '@mixflow/sdk-web'
import { useEffect, useState } from 'react'
import { PictureView } from '../parts/picture.tsx'
import { savePicture } from '../parts/png.ts'

export interface PictureDialogProps {
  readonly model: WebModel
  /** Of the gallery. */
  readonly request: SampleRequest
  readonly image: SampledImage
  readonly className: string
  readonly fileName: string
  readonly onClose: () => void
}

interface Frame {
  readonly t: number
  readonly image: PlanarImage
}

export function PictureDialog({ model, request, image, className, fileName, onClose }: PictureDialogProps) {
  const frames = useWay(model, request, image)
  const { width, height, seed, index, nfe } = image
  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog panel">
          <Dialog.Title>Picture {index}</Dialog.Title>
          <Dialog.Description>
            Seed {seed}
            {className}, NFE {nfe}, {width} × {height} pixels
          </Dialog.Description>
          <div className="large-picture">
            <PictureView {...{ image, width, height }} name={`Picture ${index}`} />
          </div>
          <ol className="way" aria-label="From noise to the picture">
            {frames.map(({ t, image: frame }) => (
              <li key={t}>
                <PictureView image={frame} {...{ width, height }} />
                <span>t = {Number(t.toFixed(2))}</span>
              </li>
            ))}
          </ol>
          <div className="dialog-buttons">
            <span className="spring" />
            <Button className="button" onClick={() => savePicture(image, fileName)}>
              Save as PNG
            </Button>
            <Dialog.Close className="button primary">Close</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** At most so many fit. */
const most = 8

/** Source, steps, picture. */
function useWay(model: WebModel, request: SampleRequest, { index, label }: SampledImage): readonly Frame[] {
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
      const seen: Frame[] = [{ t: 0, image: { channels, height, width, data: x0 } }]
      for await (const { t, images } of model.stream({ ...request, ...one })) seen.push({ t, image: images[0]! })
      if (!signal.aborted) setFrames(thinned(seen))
    }
    run().catch(() => {})
    return () => controller.abort()
  }, [model, request, index, label])
  return frames
}

/** First and last, and as many between as fit. */
const thinned = (frames: readonly Frame[]): readonly Frame[] =>
  frames.length <= most
    ? frames
    : Array.from({ length: most }, (_, i) => frames[Math.round((i * (frames.length - 1)) / (most - 1))]!)
