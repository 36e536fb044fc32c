/**
 * κ-FC: the source conditioned on a signal κ. An encoder E(κ) predicts a Gaussian per pixel and channel, and
 * x0 = μ + σ ε. Because x0 then depends on where the trajectory will end, trajectories cross less and the velocity field
 * is straighter. MixFlow, section 3 (κ-FC); with κ = image and nothing mixed in, this is the Fast-ODE baseline.
 */

import { MixflowError } from '../../errors.ts'
import { checkKeys, checkWord } from '../../util/strict.ts'
import type { Algebra } from '../algebra.ts'
import { drawGaussian, standardNormal } from './gaussian.ts'
import { type Gaussian, given, type Source, type SourceInput } from './source.ts'

/** What κ is: the data image, its class label, fresh noise, or image and noise joined along the channels. */
export const kappas = ['image', 'label', 'noise', 'image+noise'] as const
export type Kappa = (typeof kappas)[number]

/**
 * What the encoder's output is: the mean, with variance 1; mean and log-variance as first and second half of the
 * channels; or x0 itself, without a distribution (and so without a KL term).
 */
export const gaussianKinds = ['mean', 'mean-variance', 'off'] as const
export type GaussianKind = (typeof gaussianKinds)[number]

/** Whether κ is or contains the data image. Such an encoder serves training and variations; sampling starts from N(0, I). */
export const kappaHasImage = (kappa: Kappa): boolean => kappa === 'image' || kappa === 'image+noise'

/** Whether sampling starts from the encoder's distribution: κ is known without a data image. */
export const samplesFromEncoder = (source: { readonly kappa: Kappa } | null | undefined): boolean =>
  source != null && !kappaHasImage(source.kappa)

/** κ -> raw output, with as many channels as the image, or twice as many for `mean-variance`. */
export type Encoder<T> = (kappa: T) => T

export interface KappaFcOptions {
  /** `image` unless said. */
  readonly kappa?: Kappa
  /** `mean-variance` unless said. */
  readonly gaussian?: GaussianKind
  /** Pass x0 through tanh, so that it stays in the data's range; false unless said. The mean stays as predicted. */
  readonly tanh?: boolean
}

/** A source that also gives its parts, for mixing. */
export interface KappaFc<T> extends Source<T> {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly tanh: boolean
  /** E(κ) as a Gaussian. Not for `gaussian: 'off'`. */
  encode(algebra: Algebra<T>, input: SourceInput<T>): Gaussian<T>
}

export function kappaFc<T>(encoder: Encoder<T>, options: KappaFcOptions = {}): KappaFc<T> {
  checkKeys(options as unknown, ['kappa', 'gaussian', 'tanh'], { what: 'kappaFc' })
  const { kappa = 'image', gaussian = 'mean-variance', tanh = false } = options
  checkWord(kappa, kappas, { what: 'kappa' })
  checkWord(gaussian, gaussianKinds, { what: 'gaussian' })
  const hasNoise = kappa === 'noise' || kappa === 'image+noise'

  const source: KappaFc<T> = {
    kappa,
    gaussian,
    tanh,
    needs: [...(hasNoise ? (['kappaNoise'] as const) : []), ...(gaussian === 'off' ? [] : (['encoderNoise'] as const))],
    encode(algebra, input) {
      if (gaussian === 'off') {
        throw new MixflowError('ARGUMENT_INVALID', 'an encoder with gaussian: "off" predicts no distribution')
      }
      return splitGaussian(algebra, encoder(signal(algebra, kappa, input)), gaussian)
    },
    sample(algebra, input) {
      const squash = (x0: T) => (tanh ? algebra.tanh(x0) : x0)
      if (gaussian === 'off') return { x0: squash(encoder(signal(algebra, kappa, input))) }
      const predicted = source.encode(algebra, input)
      const noise = given(input.draws.encoderNoise, 'encoderNoise', 'the encoder predicts a distribution')
      return { x0: squash(drawGaussian(algebra, predicted, noise)), gaussian: predicted }
    },
    get atSampling() {
      return samplesFromEncoder({ kappa }) ? source : standardNormal<T>()
    },
  }
  return source
}

/** An encoder's raw output as mean and log-variance. */
export function splitGaussian<T>(algebra: Algebra<T>, output: T, kind: 'mean' | 'mean-variance'): Gaussian<T> {
  if (kind === 'mean') return { mean: output }
  const { first, second } = algebra.halves(output)
  return { mean: first, logVariance: second }
}

function signal<T>(algebra: Algebra<T>, kappa: Kappa, { x1, label, draws }: SourceInput<T>): T {
  const image = () => given(x1, 'x1', `κ is ${kappa}`)
  const noise = () => given(draws.kappaNoise, 'kappaNoise', `κ is ${kappa}`)
  switch (kappa) {
    case 'image':
      return image()
    case 'label':
      return given(label, 'label', 'κ is the label')
    case 'noise':
      return noise()
    case 'image+noise':
      return algebra.join(image(), noise())
  }
}
