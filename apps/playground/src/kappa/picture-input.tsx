/** The picture that is κ: drawn, taken from a file, or one of a few. */
import { Button } from '@base-ui/react/button'
import type { ImageShape, PlanarImage } from '@mixflow/core'
import { useMemo, useRef } from 'react'
import { PictureView } from '../parts/picture.tsx'
import { Board } from './board.tsx'
import type { Examples } from './examples.ts'
import { blank, inverted } from './scale-picture.ts'

export interface PictureInputProps {
  readonly picture: PlanarImage | null
  readonly examples: Examples | undefined
  /** Of the examples, or negative. */
  readonly chosen: number
  readonly image: ImageShape
  readonly onExample: (i: number) => void
  readonly onPicture: (picture: PlanarImage) => void
  readonly onFile: (file: Blob) => void
}

export function PictureInput({ picture, examples, chosen, image, onExample, onPicture, onFile }: PictureInputProps) {
  const input = useRef<HTMLInputElement>(null)
  const empty = useMemo(() => blank(image), [image])
  const { width, height } = image
  return (
    <section className="panel picture-input" aria-labelledby="picture-input">
      <h2 id="picture-input">κ, the picture</h2>
      <p className="muted">Draw on it, drop a file anywhere, or take one of these.</p>
      <div className="picture-row">
        <Board picture={picture ?? empty} onDraw={onPicture} />
        <div className="picture-side">
          <ul className="examples" aria-label="Pictures to begin with">
            {Array.from({ length: examples?.list.length ?? 10 }, (_, i) => (
              <li key={i}>
                <Button
                  className="example"
                  aria-label={`Picture ${i}`}
                  aria-pressed={i === chosen}
                  onClick={() => onExample(i)}
                >
                  <PictureView image={examples?.list[i]?.picture} {...{ width, height }} />
                </Button>
              </li>
            ))}
          </ul>
          <div className="picture-buttons">
            <Button className="button" onClick={() => onPicture(empty)}>
              Clear
            </Button>
            <Button className="button" disabled={picture === null} onClick={() => onPicture(inverted(picture!))}>
              Invert
            </Button>
            <Button className="button" onClick={() => input.current!.click()}>
              Choose a file …
            </Button>
          </div>
          <input
            ref={input}
            className="hidden"
            type="file"
            accept="image/*"
            aria-label="File of a picture"
            tabIndex={-1}
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? []
              if (file !== undefined) onFile(file)
              currentTarget.value = ''
            }}
          />
          <p className="muted credit">{examples?.credit}</p>
        </div>
      </div>
    </section>
  )
}
