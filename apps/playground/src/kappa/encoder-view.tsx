/** The encoder's output for the image: the mean and variance of each pixel, as images. */
import type { ImageShape, PlanarImage, SourceDraw } from '@mixflow/core'
import { useMemo } from 'react'
import { ImageView } from '../parts/image-view.tsx'

export interface EncoderViewProps {
  readonly encoded: SourceDraw | undefined
  readonly image: ImageShape
}

export function EncoderView({ encoded, image }: EncoderViewProps) {
  const { mean, variance } = useMemo(() => {
    const { mean, logVariance } = encoded ?? {}
    return {
      mean: mean && normalized(mean, image, 'symmetric'),
      variance: logVariance && normalized(logVariance.map(Math.exp), image, 'full'),
    }
  }, [encoded, image])
  const { width, height } = image
  return (
    <section className="panel encoder" aria-labelledby="encoder">
      <h2 id="encoder">Encoder output</h2>
      <p className="muted">
        Where the path should start. Brighter means larger; plain noise has mean 0 and variance 1.
      </p>
      <div className="encoder-pair">
        <figure>
          <ImageView image={mean?.image} {...{ width, height }} name="Mean of each pixel" />
          <figcaption>
            <b>Mean μ</b> {mean && <span className="muted">{rangeOf(mean)}</span>}
          </figcaption>
        </figure>
        <figure>
          <ImageView image={variance?.image} {...{ width, height }} name="Variance of each pixel" />
          <figcaption>
            <b>Variance σ²</b>{' '}
            <span className="muted">
              {variance ? rangeOf(variance) : encoded?.mean !== undefined ? 'not predicted by this encoder' : ''}
            </span>
          </figcaption>
        </figure>
      </div>
    </section>
  )
}

interface Normalized {
  readonly image: PlanarImage
  readonly low: number
  readonly high: number
}

/** Scales numbers to the range of an image; `symmetric` maps 0 to mid-grey. */
function normalized(numbers: Float32Array, shape: ImageShape, range: 'symmetric' | 'full'): Normalized {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of numbers) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const [black, white] = range === 'full' ? [low, high] : [-Math.max(-low, high), Math.max(-low, high)]
  const span = Math.max(1e-6, white - black)
  const data = numbers.map(value => (2 * (value - black)) / span - 1)
  const { channels, height, width } = shape
  return { image: { channels, height, width, data }, low, high }
}

const rangeOf = ({ low, high }: Normalized) => `${format(low)} to ${format(high)}`
const format = (value: number) => value.toFixed(2).replace('-', '−')
