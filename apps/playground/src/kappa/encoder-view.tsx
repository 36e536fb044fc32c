/** What the encoder says of the picture: a Gaussian for each pixel, its mean and variance as pictures. */
import type { ImageShape, PlanarImage, SourceDraw } from '@mixflow/core'
import { useMemo } from 'react'
import { PictureView } from '../parts/picture.tsx'

export interface EncoderViewProps {
  readonly encoded: SourceDraw | undefined
  readonly image: ImageShape
}

export function EncoderView({ encoded, image }: EncoderViewProps) {
  const { mean, variance } = useMemo(() => {
    const { mean, logVariance } = encoded ?? {}
    return {
      mean: mean && shown(mean, image, 'symmetric'),
      variance: logVariance && shown(logVariance.map(Math.exp), image, 'whole'),
    }
  }, [encoded, image])
  const size = { width: image.width, height: image.height }
  return (
    <section className="panel encoder" aria-labelledby="encoder">
      <h2 id="encoder">What the encoder says</h2>
      <p className="muted">Where the path should begin. Brighter is more; a variance of 1 is plain noise.</p>
      <div className="encoder-pair">
        <figure>
          <PictureView image={mean?.picture} {...size} name="The mean, pixel by pixel" />
          <figcaption>
            <b>Mean μ</b> {mean && <span className="muted">{rangeOf(mean)}</span>}
          </figcaption>
        </figure>
        <figure>
          <PictureView image={variance?.picture} {...size} name="The variance, pixel by pixel" />
          <figcaption>
            <b>Variance σ²</b>{' '}
            <span className="muted">
              {variance ? rangeOf(variance) : encoded?.mean !== undefined ? 'not given by this encoder' : ''}
            </span>
          </figcaption>
        </figure>
      </div>
    </section>
  )
}

interface Shown {
  readonly picture: PlanarImage
  readonly low: number
  readonly high: number
}

/** Numbers as a picture that uses all its brightness; `symmetric` keeps 0 in the middle. */
function shown(numbers: Float32Array, { channels, height, width }: ImageShape, how: 'symmetric' | 'whole'): Shown {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of numbers) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const [black, white] = how === 'whole' ? [low, high] : [-Math.max(-low, high), Math.max(-low, high)]
  const span = Math.max(1e-6, white - black)
  const data = numbers.map(value => (2 * (value - black)) / span - 1)
  return { picture: { channels, height, width, data }, low, high }
}

const rangeOf = ({ low, high }: Shown) => `${signed(low)} … ${signed(high)}`
const signed = (value: number) => value.toFixed(2).replace('-', '−')
