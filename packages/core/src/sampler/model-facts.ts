/** The facts about a model that sampling depends on: image size, classes, source distribution, default settings. */

import type { SolverName } from '../method/ode/solver.ts'
import { type GaussianKind, type Kappa, samplesFromEncoder } from '../method/source/kappa-fc.ts'
import type { Mixing } from '../method/source/mixture.ts'

export interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

export interface Labels {
  /** Number of classes. A label is 0 to count − 1; `count` itself means "no label". */
  readonly count: number
  /** One name per class, by index. */
  readonly names?: readonly string[]
  /**
   * Whether every image needs a label. True if training never hid one, so that "no label" and guidance are undefined for the model.
   * Default: false.
   */
  readonly required?: boolean
}

/** How x0 was drawn in training. A plain rectified flow, whose x0 is N(0, I), has `null` instead of this record. */
export interface SourceFacts {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly mixing: Mixing
  /** Whether the encoder's x0 passes through tanh. */
  readonly tanh: boolean
  /** Whether the denoiser has the input `w`, the mixture weight. */
  readonly conditionOnWeight: boolean
  /** Whether the encoder has the input `label` besides κ. Default: false. */
  readonly encoderLabel?: boolean
  readonly klWeight: number
}

/** Settings for whatever a request leaves open. */
export interface SamplerDefaults {
  readonly solver: SolverName
  /** Number of velocity evaluations per image. Fixed-step solvers have exactly one of `nfe` and `steps`, adaptive ones neither. */
  readonly nfe?: number
  readonly steps?: number
  /** The step times of a fixed-step solver are (i / steps)^gridPower. Default: 1. */
  readonly gridPower?: number
  readonly guidance: number
  readonly mixtureWeight: number
}

export interface SamplerModel {
  readonly image: ImageShape
  /** null: the model has no classes. */
  readonly labels: Labels | null
  /** null: a plain rectified flow. */
  readonly source: SourceFacts | null
  readonly sampler: SamplerDefaults
}

/** Returns the mixture weight that sampling starts from by default: 0 unless it starts from the encoder's distribution. */
export const defaultMixtureWeight = ({ source, sampler }: Pick<SamplerModel, 'source' | 'sampler'>): number =>
  samplesFromEncoder(source) ? sampler.mixtureWeight : 0

/** Returns how many numbers an image has. */
export const elementsOf = ({ channels, height, width }: ImageShape): number => channels * height * width
