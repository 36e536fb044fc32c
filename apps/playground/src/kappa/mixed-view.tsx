/** The mixed source at w, and the pictures that the flow makes of it: one seed a column. */
import type { ImageShape } from '@mixflow/core'
import { splitImages } from '@mixflow/core/internal'
import { type ReactNode, useMemo } from 'react'
import { PictureView } from '../parts/picture.tsx'
import { Range } from '../parts/range.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import type { Answer } from './use-source.ts'

export interface MixedViewProps {
  readonly found: Partial<Answer>
  readonly isBusy: boolean
  readonly count: number
  readonly image: ImageShape
  readonly w: number
  /** In place of what was measured, while there is nothing. */
  readonly waiting: ReactNode
  readonly onChange: (w: number) => void
}

export function MixedView({ found: { source, result }, isBusy, count, image, w, waiting, onChange }: MixedViewProps) {
  const sources = useMemo(
    () =>
      source &&
      splitImages(
        source.x0.map(value => value / 2),
        image,
      ),
    [source, image],
  )
  const { width, height } = image
  const strip = (name: string, pictureAt: (i: number) => Parameters<typeof PictureView>[0]['image']) => (
    <div className="mixed-strip">
      {Array.from({ length: count }, (_, i) => (
        <PictureView key={i} image={pictureAt(i)} {...{ width, height }} name={`${name} ${i}`} />
      ))}
    </div>
  )
  return (
    <section className="panel mixed" aria-labelledby="mixed" aria-busy={isBusy}>
      <h2 id="mixed">The mixed source, and what comes of it</h2>
      <Range
        {...{ name: 'Mixture weight w', value: w, min: 0, max: 1, step: 0.05 }}
        label={
          <>
            Mixture weight <i>w</i>: from plain noise to the picture’s own source
          </>
        }
        format={value => value.toFixed(2)}
        onChange={onChange}
      />
      <figure>
        <figcaption>
          Source x<sub>0</sub> at <i>w</i> = {(source?.mixtureWeight ?? w).toFixed(2)}
        </figcaption>
        {strip('Source', i => sources?.[i])}
      </figure>
      <figure>
        <figcaption>Pictures from it</figcaption>
        {strip('Picture', i => result?.images[i])}
      </figure>
      <div className="mixed-status">
        {waiting ?? (
          <p className="muted" role="status">
            {result === undefined
              ? 'Sampling …'
              : `NFE ${result.nfe}, ${result.solver}: ${formatMilliseconds(result.milliseconds)} for all ${count}`}
          </p>
        )}
      </div>
    </section>
  )
}
