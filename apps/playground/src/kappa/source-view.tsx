/** Samples of the source at w, and the images generated from them, one column for each seed. */
import type { ImageShape, PlanarImage } from '@mixflow/core'
import { splitImages } from '@mixflow/core/internal'
import { type ReactNode, useMemo } from 'react'
import { ImageView } from '../parts/image-view.tsx'
import { Range } from '../parts/range.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import type { Variations } from './use-variations.ts'

export interface SourceViewProps {
  readonly found: Partial<Variations>
  readonly isBusy: boolean
  readonly count: number
  readonly image: ImageShape
  readonly w: number
  /** Shown instead of the status while there is no model. */
  readonly loading: ReactNode
  readonly onChange: (w: number) => void
}

export function SourceView({ found: { source, result }, isBusy, count, image, w, loading, onChange }: SourceViewProps) {
  // source samples reach beyond [-1, 1]
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
  const strip = (name: string, images: readonly PlanarImage[] | undefined) => (
    <div className="source-strip">
      {Array.from({ length: count }, (_, i) => (
        <ImageView key={i} image={images?.[i]} {...{ width, height }} name={`${name} ${i}`} />
      ))}
    </div>
  )
  return (
    <section className="panel source" aria-labelledby="source" aria-busy={isBusy}>
      <h2 id="source">Source and generated images</h2>
      <Range
        label={
          <>
            Mixture weight <i>w</i>: 0 is plain noise, 1 the encoder’s output alone
          </>
        }
        name="Mixture weight w"
        value={w}
        onChange={onChange}
      />
      <figure>
        <figcaption>
          Source x<sub>0</sub> at <i>w</i> = {(source?.mixtureWeight ?? w).toFixed(2)}
        </figcaption>
        {strip('Source', sources)}
      </figure>
      <figure>
        <figcaption>Generated images</figcaption>
        {strip('Image', result?.images)}
      </figure>
      <div className="source-status">
        {loading ?? (
          <p className="muted" role="status">
            {result === undefined
              ? 'Sampling…'
              : `NFE ${result.nfe} · ${result.solver} · ${formatMilliseconds(result.milliseconds)} for ${count} images`}
          </p>
        )}
      </div>
    </section>
  )
}
