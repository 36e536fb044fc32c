/**
 * κ-FC: the source conditioned on a signal κ. An encoder E(κ) predicts a Gaussian per pixel and channel, and
 * x0 = μ + σ ε. Because x0 then depends on where the trajectory will end, trajectories cross less and the velocity field
 * is straighter. MixFlow, section 3 (κ-FC); with κ = image and nothing mixed in, this is the Fast-ODE baseline.
 *
 * The rules of κ and of the encoder's inputs and outputs stand here once, for arrays and tensors, training and sampling.
 */
import { MixflowError } from '../../errors.ts'
import { checkKeys, checkWord } from '../../util/strict.ts'
import type { Algebra } from '../algebra.ts'
import { drawGaussian, standardNormal } from './gaussian.ts'
import { type Gaussian, requireInput, type Source, type SourceInput } from './source.ts'

/** What κ is: the data image, its class label, fresh noise, or image and noise joined along the channels. */
export const kappas = ['image', 'label', 'noise', 'image+noise'] as const
export type Kappa = (typeof kappas)[number]

/**
 * What the encoder's output is: the mean, with variance 1; mean and log-variance as first and second half of the
 * channels; or x0 itself, without a distribution (and so without a KL term).
 */
export const gaussianKinds = ['mean', 'mean-variance', 'off'] as const
export type GaussianKind = (typeof gaussianKinds)[number]

/** Maps κ to the raw output, which has as many channels as the image, or twice as many for `mean-variance`. */
export type Encoder<T> = (kappa: T) => T

/** An encoder's output in parts, named as the ports of an exported encoder: mean (and logVariance), or x0 before any tanh. */
export interface EncoderOutputs<T = Float32Array> {
  readonly mean?: T
  readonly logVariance?: T
  readonly x0?: T
}

/** Whether κ is or contains the data image. Such an encoder serves training and variations; sampling starts from N(0, I). */
export const kappaHasImage = (kappa: Kappa): boolean => kappa === 'image' || kappa === 'image+noise'

/** Whether sampling starts from the encoder's distribution: κ is known without a data image. */
export const samplesFromEncoder = (source: { readonly kappa: Kappa } | null | undefined): boolean =>
  source != null && !kappaHasImage(source.kappa)

/** Whether the model must have labels: κ is the label, or the encoder takes it as a second input. */
export const needsLabels = (source: { readonly kappa: Kappa; readonly encoderLabel?: boolean | undefined }): boolean =>
  source.kappa === 'label' || source.encoderLabel === true

/** Returns the number of channels of an encoder's input and raw output, for images of `channels` channels. (A label has none.) */
export const encoderChannels = (
  { kappa, gaussian }: { readonly kappa: Kappa; readonly gaussian: GaussianKind },
  channels: number,
): { readonly input: number; readonly output: number } => ({
  input: kappa === 'image+noise' ? 2 * channels : channels,
  output: gaussian === 'mean-variance' ? 2 * channels : channels,
})

/** What κ is made of. `noise` is called only if κ is or contains noise. */
export interface KappaParts<T, L = T> {
  readonly x1: T | undefined
  readonly label: L | undefined
  noise(): T | undefined
}

/** Returns the encoder's input κ. @throws MixflowError ARGUMENT_INVALID naming the missing part */
export function encoderInput<T, L = T>(
  algebra: Pick<Algebra<T>, 'join'>,
  kappa: Kappa,
  { x1, label, noise }: KappaParts<T, L>,
): T | L {
  const image = () => requireInput(x1, 'x1', `κ is ${kappa}`)
  const fresh = () => requireInput(noise(), 'kappaNoise', `κ is ${kappa}`)
  switch (kappa) {
    case 'image':
      return image()
    case 'label':
      return requireInput(label, 'label', 'κ is the label')
    case 'noise':
      return fresh()
    case 'image+noise':
      return algebra.join(image(), fresh())
  }
}

/** Splits an encoder's raw output into its parts. */
export function splitEncoderOutput<T>(
  algebra: Pick<Algebra<T>, 'halves'>,
  output: T,
  gaussian: GaussianKind,
): EncoderOutputs<T> {
  if (gaussian === 'off') return { x0: output }
  if (gaussian === 'mean') return { mean: output }
  const { first, second } = algebra.halves(output)
  return { mean: first, logVariance: second }
}

/** Returns the Gaussian that the encoder predicted; undefined for `gaussian: 'off'`. */
export const gaussianOf = <T>({ mean, logVariance }: EncoderOutputs<T>): Gaussian<T> | undefined =>
  mean === undefined ? undefined : { mean, logVariance }

/** Returns x0 of κ-FC: μ + σ ε, or the encoder's own x0; through tanh if set. `noise` is called only if there is a Gaussian. */
export function drawEncoded<T>(
  algebra: Algebra<T>,
  outputs: EncoderOutputs<T>,
  { tanh, noise }: { readonly tanh: boolean; readonly noise: () => T },
): T {
  const gaussian = gaussianOf(outputs)
  const x0 = gaussian === undefined ? outputs.x0! : drawGaussian(algebra, gaussian, noise())
  return tanh ? algebra.tanh(x0) : x0
}

export interface KappaFcOptions {
  /** Default: `'image'`. */
  readonly kappa?: Kappa
  /** Default: `'mean-variance'`. */
  readonly gaussian?: GaussianKind
  /** Passes x0 through tanh, so that it stays in the data's range; the mean stays as predicted. Default: false. */
  readonly tanh?: boolean
}

/** A source that also gives the encoder's outputs, for mixing. */
export interface KappaFc<T> extends Source<T> {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly tanh: boolean
  /** E(κ) in parts. */
  outputs(algebra: Algebra<T>, input: SourceInput<T>): EncoderOutputs<T>
  /** E(κ) as a Gaussian. @throws MixflowError ARGUMENT_INVALID for `gaussian: 'off'` */
  encode(algebra: Algebra<T>, input: SourceInput<T>): Gaussian<T>
}

/** Returns the source that `encoder` conditions on κ. */
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
    outputs(algebra, { x1, label, draws }) {
      const input = encoderInput(algebra, kappa, { x1, label, noise: () => draws.kappaNoise })
      return splitEncoderOutput(algebra, encoder(input), gaussian)
    },
    encode(algebra, input) {
      const predicted = gaussian === 'off' ? undefined : gaussianOf(source.outputs(algebra, input))
      if (predicted !== undefined) return predicted
      throw new MixflowError('ARGUMENT_INVALID', 'an encoder with gaussian: "off" predicts no distribution')
    },
    sample(algebra, input) {
      const outputs = source.outputs(algebra, input)
      const noise = () => requireInput(input.draws.encoderNoise, 'encoderNoise', 'the encoder predicts a distribution')
      return { x0: drawEncoded(algebra, outputs, { tanh, noise }), gaussian: gaussianOf(outputs) }
    },
    get atSampling() {
      return samplesFromEncoder({ kappa }) ? source : standardNormal<T>()
    },
  }
  return source
}
