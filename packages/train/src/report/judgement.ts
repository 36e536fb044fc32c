/**
 * Whether a run has learned to generate images, from two measurements that need no feature extractor: its loss compared with that
 * of a predictor that only scales the noisy image, and the roughness of its samples on a scale from the data (0) to noise (1).
 * Roughness is the mean squared difference of neighbouring pixels. It shows grain, which the loss hardly does.
 */

import type { ImageShape } from '@mixflow/core'
export interface Judgement {
  /** Mean flow loss of the last steps. */
  readonly loss: number
  /** Flow loss of the best predictor of the form c(t) · xt. */
  readonly trivialLoss: number
  /** Roughness of the samples: 0 like the data, 1 like noise, negative if smoother than the data. null if the data are as rough as noise. */
  readonly grain: number | null
}

type Verdict = 'learned' | 'grainy' | 'noise'

/** `loss` is a fraction of the trivial loss; `noise` and `grain` are values of `Judgement.grain`. */
const limits = { loss: 0.75, noise: 0.5, grain: 0.1 }

export function verdictOf({ loss, trivialLoss, grain }: Judgement): Verdict {
  if (!(loss < limits.loss * trivialLoss) || (grain ?? 0) > limits.noise) return 'noise'
  return (grain ?? 0) > limits.grain ? 'grainy' : 'learned'
}

/** @param loss mean flow loss of the last steps @param images float32 [N, C, H, W] in [-1, 1] */
export function judge(
  loss: number,
  images: { readonly shape: ImageShape } & Readonly<Record<'data' | 'samples', Float32Array>>,
): Judgement {
  const { shape, data, samples } = images
  const power = data.reduce((sum, x) => sum + x * x, 0) / data.length
  // ∫ s² / ((1 − t)² + t² s²) dt over 0..1, for x0 ~ N(0, 1) and data of root mean square s
  const trivialLoss = (Math.sqrt(power) * Math.PI) / 2
  const [ofData, ofSamples] = [roughness(data, shape), roughness(samples, shape)]
  const ofNoise = 2 // of N(0, 1)
  return { loss, trivialLoss, grain: ofData < ofNoise / 2 ? (ofSamples - ofData) / (ofNoise - ofData) : null }
}

/** Mean squared difference of horizontal and vertical neighbours. */
function roughness(values: Float32Array, { height, width }: ImageShape): number {
  let [sum, pairs] = [0, 0]
  for (let start = 0; start < values.length; start += width) {
    const isLastRow = (start / width) % height === height - 1
    for (let x = 0; x < width; x++) {
      const here = values[start + x] as number
      if (x + 1 < width) {
        sum += ((values[start + x + 1] as number) - here) ** 2
        pairs++
      }
      if (!isLastRow) {
        sum += ((values[start + width + x] as number) - here) ** 2
        pairs++
      }
    }
  }
  return pairs === 0 ? 0 : sum / pairs
}
