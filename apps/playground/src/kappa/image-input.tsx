/** The image that is encoded: drawn, from a file, or an example. */
import { Button } from '@base-ui/react/button'
import type { ImageShape, PlanarImage } from '@mixflow/core'
import { useMemo } from 'react'
import { FileButton } from '../parts/file-button.tsx'
import { ImageView } from '../parts/image-view.tsx'
import { DrawingPad } from './drawing-pad.tsx'
import type { Examples } from './examples.ts'
import { blank, inverted } from './resize-image.ts'

export interface ImageInputProps {
  readonly image: PlanarImage | null
  readonly shape: ImageShape
  readonly examples: Examples | undefined
  /** Index of the selected example; negative: none. */
  readonly selected: number
  readonly onExample: (i: number) => void
  readonly onImage: (image: PlanarImage) => void
  readonly onFile: (file: Blob) => void
}

export function ImageInput({ image, shape, examples, selected, onExample, onImage, onFile }: ImageInputProps) {
  const empty = useMemo(() => blank(shape), [shape])
  const { width, height } = shape
  return (
    <section className="panel image-input" aria-labelledby="image-input">
      <h2 id="image-input">Your image (κ)</h2>
      <p className="muted">Draw, pick an example, or drop an image file anywhere on this page.</p>
      <div className="image-input-row">
        <DrawingPad image={image ?? empty} onDraw={onImage} />
        <div className="image-input-side">
          <ul className="examples" aria-label="Examples">
            {Array.from({ length: examples?.list.length ?? 10 }, (_, i) => (
              <li key={i}>
                <Button
                  className="example"
                  aria-label={`Example ${i}`}
                  aria-pressed={i === selected}
                  onClick={() => onExample(i)}
                >
                  <ImageView image={examples?.list[i]?.image} {...{ width, height }} />
                </Button>
              </li>
            ))}
          </ul>
          <div className="image-input-buttons">
            <Button className="button" onClick={() => onImage(empty)}>
              Clear
            </Button>
            <Button className="button" disabled={image === null} onClick={() => onImage(inverted(image!))}>
              Invert
            </Button>
            <FileButton
              title="Choose file…"
              name="Image file"
              accept="image/*"
              onFiles={([file]) => file !== undefined && onFile(file)}
            />
          </div>
          <p className="muted credit">{examples?.credit}</p>
        </div>
      </div>
    </section>
  )
}
