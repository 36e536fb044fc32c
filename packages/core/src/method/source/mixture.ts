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
import type { KappaFc } from './kappa-fc.ts'
import { type Gaussian, given, type Source } from './source.ts'

export const mixings = ['distribution', 'sample'] as const
export type Mixing = (typeof mixings)[number]

/** How w is drawn: evenly from [0, 1); evenly from 0/levels, 1/levels, … 1; or one fixed value for all images. */
export type MixtureWeightRule = 'uniform' | { readonly levels: number } | number

export interface MixtureOptions {
  /** `distribution` unless said. */
  readonly mixing?: Mixing
  /** `uniform` unless said. A fixed number needs no draws of w. */
  readonly weight?: MixtureWeightRule
}

export interface Mixture<T> extends Source<T> {
  readonly mixing: Mixing
  readonly weight: MixtureWeightRule
}

export function mixture<T>(
  conditioned: KappaFc<T>,
  unconditional: StandardNormal<T>,
  options: MixtureOptions = {},
): Mixture<T> {
  checkKeys(options as unknown, ['mixing', 'weight'], { what: 'mixture' })
  const { mixing = 'distribution', weight = 'uniform' } = options
  checkWord(mixing, mixings, { what: 'mixing' })
  checkWeightRule(weight)
  if (mixing === 'distribution') checkDistributionMixing(conditioned)
  const own = mixing === 'distribution' ? conditioned.needs.filter(name => name !== 'encoderNoise') : conditioned.needs

  const source: Mixture<T> = {
    mixing,
    weight,
    needs: [...own, ...unconditional.needs, ...(typeof weight === 'number' ? [] : (['mixtureWeight'] as const))],
    sample(algebra, input) {
      const mixtureWeight =
        typeof weight === 'number'
          ? weight
          : given(input.draws.mixtureWeight, 'mixtureWeight', 'the source is a mixture')
      const noise = given(input.draws.noise, 'noise', 'the source is a mixture')
      if (mixing === 'distribution') {
        const gaussian = conditioned.encode(algebra, input)
        return { x0: mixDistributions(algebra, { gaussian, mixtureWeight, noise }), gaussian }
      }
      const { x0, gaussian } = conditioned.sample(algebra, input)
      return { x0: mixSamples(algebra, { sample: x0, mixtureWeight, noise }), gaussian }
    },
    get atSampling() {
      return conditioned.atSampling === conditioned ? source : unconditional
    },
  }
  return source
}

/** wμ + √(wσ² + 1 − w) ε. With σ = 1 the root is 1. */
export function mixDistributions<T>(
  algebra: Algebra<T>,
  { gaussian, mixtureWeight: w, noise }: { gaussian: Gaussian<T>; mixtureWeight: T | number; noise: T },
): T {
  const mean = weigh(algebra, w, gaussian.mean)
  if (gaussian.logVariance === undefined) return algebra.add(mean, noise)
  const variance = plus(algebra, weigh(algebra, w, algebra.exp(gaussian.logVariance)), complement(algebra, w))
  return algebra.add(mean, algebra.mul(algebra.sqrt(variance), noise))
}

/** w · sample + (1 − w) ε */
export function mixSamples<T>(
  algebra: Algebra<T>,
  { sample, mixtureWeight: w, noise }: { sample: T; mixtureWeight: T | number; noise: T },
): T {
  return algebra.add(weigh(algebra, w, sample), weigh(algebra, complement(algebra, w), noise))
}

// w is one number for all images, or a T with one number per image.
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

function checkDistributionMixing({ gaussian, tanh }: KappaFc<unknown>): void {
  const reason =
    gaussian === 'off'
      ? 'the encoder predicts none (gaussian: "off")'
      : tanh
        ? 'tanh changes it after the draw'
        : undefined
  if (reason === undefined) return
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `mixing "distribution" interpolates the source's distribution, but ${reason}`,
    {
      hint: 'use mixing: "sample"',
    },
  )
}
