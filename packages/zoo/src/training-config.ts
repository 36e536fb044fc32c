/**
 * Everything that decides a training run, as plain data. A preset is one of these; `--set` changes single values; the
 * checkpoint keeps the resolved one. Counts of images rather than of steps: they mean the same at any batch size.
 */

import type { Coupling, GaussianKind, Kappa, Mixing, MixtureWeightRule, SolverName } from '@mixflow/core'

export interface NetworkConfig {
  /** A row of `denoiserKinds` or `encoderKinds` in `@mixflow/zoo/networks`. */
  readonly kind: string
  /** What the kind says. */
  readonly options: Readonly<Record<string, unknown>>
}

export interface SourceConfig {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly mixing: Mixing
  /** Pass the encoder's x0 through tanh; only with `mixing: 'sample'`. */
  readonly tanh: boolean
  /** How w is drawn in training. */
  readonly weight: MixtureWeightRule
  /** β, per nat and image. */
  readonly klWeight: number
  /** Tell the denoiser w. */
  readonly conditionOnWeight: boolean
  /** Stop the flow loss's gradient before the encoder. */
  readonly detachEncoder: boolean
}

export interface TrainingConfig {
  /** What to train on: a known set, `name:path`, or a path. */
  readonly data: string
  /** Edge of the images in pixels; null: as the data has it. */
  readonly size: number | null
  /** 1 for grey, 3 for colour; null: as the data has it. */
  readonly channels: 1 | 3 | null
  /** At most so many images of the data; null: all. */
  readonly limit: number | null
  /** What an image that cannot be read does: `refuse` the data, or `skip`. */
  readonly badImages: 'refuse' | 'skip'
  /** The largest share of images that may be skipped, 0..1. */
  readonly badImagesLimit: number
  /** Learn to make images of a wanted class (data without classes ignores it). */
  readonly labels: boolean
  /** Mirror every other image. */
  readonly flip: boolean
  readonly seed: number

  readonly batchSize: number
  /**
   * At most so many images of a batch are computed at once, and the gradients averaged: less memory, the same step. null:
   * all of them.
   */
  readonly imagesAtOnce: number | null
  /** Length of the run. */
  readonly totalImages: number
  /** Share of labels that are hidden in training, 0..1. With 0 the network knows no picture without a label, nor guidance. */
  readonly labelDropout: number

  readonly optimizer: 'adam' | 'adamw'
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Of `adamw`, per unit of learning rate. */
  readonly weightDecay: number
  /** The rate rises linearly over so many images. */
  readonly warmupImages: number
  /** Over this last share of the run the rate falls linearly to `finalRate` of itself; 0 for a constant rate. */
  readonly decayFraction: number
  readonly finalRate: number
  /** Gradients longer than this (Euclidean norm over all parameters) are shortened; null: never. */
  readonly clipNorm: number | null
  /** The exponential moving average of the weights forgets half in so many images. */
  readonly emaHalfLifeImages: number

  /** Which noise of a batch meets which of its images; `optimal-transport` only without a `source`. */
  readonly coupling: Coupling
  /** null: plain rectified flow, x0 ~ N(0, I). */
  readonly source: SourceConfig | null
  readonly denoiser: NetworkConfig
  /** null exactly where `source` is. */
  readonly encoder: NetworkConfig | null

  /** How sample grids are made, and what an exported model does unless asked otherwise. */
  readonly sampling: {
    readonly solver: SolverName
    readonly nfe: number
    /** Times of the steps: (i / steps)^gridPower; 1 for equal steps, above 1 shorter ones near the noise. */
    readonly gridPower: number
    readonly guidance: number
  }
  /** Images between sample grids, and between checkpoints. */
  readonly sampleEveryImages: number
  readonly checkpointEveryImages: number
  /** So many checkpoints stay. */
  readonly keepCheckpoints: number
}

export interface Preset {
  /** One line for `mixflow train --list`. */
  readonly title: string
  readonly config: TrainingConfig
}
