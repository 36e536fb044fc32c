/**
 * The MixFlow strategy: mix the κ-conditioned source with the unconditional one by a weight w per image, drawn anew at
 * each training step, so that one denoiser learns every source from N(0, I) at w = 0 to κ-FC at w = 1. MixFlow,
 * section 4. Two ways to mix:
 *
 *   distribution   x0 ~ N(wμ, wσ² + 1 − w) with one ε: the moments are interpolated (the paper's and the release's)
 *   sample         x0 = w(μ + σ ε₁) + (1 − w) ε₂: two independent draws are interpolated
 */
import { MixflowError } from '../../errors.ts'
import { checkKeys, checkWord, show } from '../../util/strict.ts'
import type { Algebra } from '../algebra.ts'
import type { StandardNormal } from './gaussian.ts'
import { drawEncoded, type EncoderOutputs, type GaussianKind, gaussianOf, type KappaFc } from './kappa-fc.ts'
import { type Gaussian, requireInput, type Source } from './source.ts'

export const mixings = ['distribution', 'sample'] as const
export type Mixing = (typeof mixings)[number]

/** How w is drawn: uniformly from [0, 1); uniformly from 0/levels, 1/levels, … 1; or one fixed value for all images. */
export type MixtureWeightRule = 'uniform' | { readonly levels: number } | number

export interface MixtureOptions {
  /** Default: `'distribution'`. */
  readonly mixing?: Mixing
  /** A fixed number needs no draws of w. Default: `'uniform'`. */
  readonly weight?: MixtureWeightRule
}

export interface Mixture<T> extends Source<T> {
  readonly mixing: Mixing
  readonly weight: MixtureWeightRule
}

/** Returns the mixture of a conditioned source with the unconditional one. */
export function mixture<T>(
  conditioned: KappaFc<T>,
  unconditional: StandardNormal<T>,
  options: MixtureOptions = {},
): Mixture<T> {
  checkKeys(options as unknown, ['mixing', 'weight'], { what: 'mixture' })
  const { mixing = 'distribution', weight = 'uniform' } = options
  checkWord(mixing, mixings, { what: 'mixing' })
  checkWeightRule(weight)
  const problem = mixingProblem({ mixing, gaussian: conditioned.gaussian, tanh: conditioned.tanh })
  if (problem !== undefined) throw new MixflowError('ARGUMENT_INVALID', problem, { hint: 'use mixing: "sample"' })
  const { tanh } = conditioned
  const needs =
    mixing === 'distribution' ? conditioned.needs.filter(name => name !== 'encoderNoise') : conditioned.needs

  const source: Mixture<T> = {
    mixing,
    weight,
    needs: [...needs, ...unconditional.needs, ...(typeof weight === 'number' ? [] : (['mixtureWeight'] as const))],
    sample(algebra, input) {
      const draw = (name: 'mixtureWeight' | 'noise' | 'encoderNoise') =>
        requireInput(input.draws[name], name, 'the source is a mixture')
      const outputs = conditioned.outputs(algebra, input)
      const x0 = mixSources(algebra, {
        mixing,
        tanh,
        outputs,
        mixtureWeight: typeof weight === 'number' ? weight : draw('mixtureWeight'),
        noise: draw('noise'),
        encoderNoise: () => draw('encoderNoise'),
      })
      return { x0, gaussian: gaussianOf(outputs) }
    },
    get atSampling() {
      return conditioned.atSampling === conditioned ? source : unconditional
    },
  }
  return source
}

export interface MixtureInput<T> {
  readonly mixing: Mixing
  readonly tanh: boolean
  readonly outputs: EncoderOutputs<T>
  /** One number for all images, or a T with one per image. */
  readonly mixtureWeight: T | number
  /** ε of the unconditional source. */
  readonly noise: T
  /** ε of the conditioned source; called for `sample` mixing only. */
  readonly encoderNoise: () => T
}

/** Returns x0 of the mixture of the encoder's source and N(0, I). */
export function mixSources<T>(
  algebra: Algebra<T>,
  { mixing, tanh, outputs, mixtureWeight: w, noise, encoderNoise }: MixtureInput<T>,
): T {
  const gaussian = gaussianOf(outputs)
  if (mixing === 'distribution' && gaussian !== undefined) {
    return mixDistributions(algebra, { gaussian, mixtureWeight: w, noise })
  }
  const sample = drawEncoded(algebra, outputs, { tanh, noise: encoderNoise })
  return algebra.add(weigh(algebra, w, sample), weigh(algebra, complement(algebra, w), noise))
}

/** Returns wμ + √(wσ² + 1 − w) ε. With σ = 1 the root is 1. */
export function mixDistributions<T>(
  algebra: Algebra<T>,
  { gaussian, mixtureWeight: w, noise }: { gaussian: Gaussian<T>; mixtureWeight: T | number; noise: T },
): T {
  const mean = weigh(algebra, w, gaussian.mean)
  if (gaussian.logVariance === undefined) return algebra.add(mean, noise)
  const variance = plus(algebra, weigh(algebra, w, algebra.exp(gaussian.logVariance)), complement(algebra, w))
  return algebra.add(mean, algebra.mul(algebra.sqrt(variance), noise))
}

/** Says why these options contradict each other; undefined if they do not. */
export function mixingProblem({
  mixing,
  gaussian,
  tanh,
}: {
  readonly mixing: Mixing
  readonly gaussian: GaussianKind
  readonly tanh: boolean
}): string | undefined {
  if (mixing !== 'distribution') return undefined
  if (gaussian === 'off') return 'mixing "distribution" needs a Gaussian, but gaussian is "off"'
  return tanh ? 'mixing "distribution" does not support tanh, which changes the distribution after the draw' : undefined
}

function weigh<T>(algebra: Algebra<T>, w: T | number, x: T): T {
  return typeof w === 'number' ? algebra.scale(x, w) : algebra.mul(x, w)
}
function plus<T>(algebra: Algebra<T>, x: T, w: T | number): T {
  return typeof w === 'number' ? algebra.offset(x, w) : algebra.add(x, w)
}
function complement<T>(algebra: Algebra<T>, w: T | number): T | number {
  return typeof w === 'number' ? 1 - w : algebra.offset(algebra.scale(w, -1), 1)
}

function checkWeightRule(weight: MixtureWeightRule): void {
  const valid =
    weight === 'uniform' ||
    (typeof weight === 'number' && weight >= 0 && weight <= 1) ||
    (typeof weight === 'object' && weight !== null && Number.isInteger(weight.levels) && weight.levels >= 1)
  if (valid) return
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `weight must be "uniform", { levels } or a number in 0..1, got ${show(weight)}`,
  )
}
