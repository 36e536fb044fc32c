/**
 * The configuration of a training run, as plain data: a preset's, changed by `--set`, and stored in the checkpoint. Lengths are in
 * images rather than steps, so they do not depend on the batch size.
 */

import type { Coupling, GaussianKind, Kappa, Mixing, MixtureWeightRule, SolverName } from '@mixflow/core'

export interface NetworkConfig {
  /** A row of `denoiserKinds` or `encoderKinds` in `@mixflow/zoo/networks`. */
  readonly kind: string
  /** The options of that kind. */
  readonly options: Readonly<Record<string, unknown>>
}

export interface SourceConfig {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly mixing: Mixing
  /** Pass the encoder's x0 through tanh; only with `mixing: 'sample'`. */
  readonly tanh: boolean
  /** Distribution of w in training. */
  readonly weight: MixtureWeightRule
  /** β, per nat and image. */
  readonly klWeight: number
  /** Condition the denoiser on w. */
  readonly conditionOnWeight: boolean
  /** Stop the flow loss's gradient before the encoder. */
  readonly detachEncoder: boolean
}

export interface TrainingConfig {
  /** What to train on: a known set, `name:path`, or a path. */
  readonly data: string
  /** Edge of the images in pixels. null: as in the data. */
  readonly size: number | null
  /** 1 for grey, 3 for colour. null: as in the data. */
  readonly channels: 1 | 3 | null
  /** Maximum number of images. null: all. */
  readonly limit: number | null
  /** How to handle unreadable images: `refuse` the data set, or `skip` them. */
  readonly badImages: 'refuse' | 'skip'
  /** The largest fraction of images that may be skipped, 0..1. */
  readonly badImagesLimit: number
  /** Condition the denoiser on the label. No effect on data without classes. */
  readonly labels: boolean
  /** Mirror images at random. */
  readonly flip: boolean
  readonly seed: number

  readonly batchSize: number
  /**
   * Maximum number of images computed at once. A larger batch is computed in parts and the gradients are averaged, which takes less
   * memory for the same step. null: the whole batch.
   */
  readonly imagesAtOnce: number | null
  /** Length of the run. */
  readonly totalImages: number
  /** Fraction of labels hidden in training, 0..1. With 0, sampling requires labels, and guidance is not possible. */
  readonly labelDropout: number

  readonly optimizer: 'adam' | 'adamw'
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** For `adamw`, per unit of learning rate. */
  readonly weightDecay: number
  /** The learning rate rises linearly over these first images. */
  readonly warmupImages: number
  /** Over this last fraction of the run, the learning rate falls linearly to `finalRate` times its value. 0: constant rate. */
  readonly decayFraction: number
  readonly finalRate: number
  /** Maximum Euclidean norm of the gradient over all parameters. null: no clipping. */
  readonly clipNorm: number | null
  /** Half-life of the moving average of the parameters, in images. */
  readonly emaHalfLifeImages: number

  /** How noise and images of a batch are paired; `optimal-transport` requires `source: null`. */
  readonly coupling: Coupling
  /** null: plain rectified flow, x0 ~ N(0, I). */
  readonly source: SourceConfig | null
  readonly denoiser: NetworkConfig
  /** null if and only if `source` is null. */
  readonly encoder: NetworkConfig | null

  /** Settings of the sample grids, and the defaults of an exported model. */
  readonly sampling: {
    readonly solver: SolverName
    readonly nfe: number
    /** Times of the steps: (i / steps)^gridPower. 1: equal steps; above 1: shorter steps near the source. */
    readonly gridPower: number
    readonly guidance: number
  }
  /** Images between sample grids, and between checkpoints. */
  readonly sampleEveryImages: number
  readonly checkpointEveryImages: number
  /** Number of checkpoints to keep. */
  readonly keepCheckpoints: number
}

export interface Preset {
  /** One line for `mixflow train --list`. */
  readonly title: string
  readonly config: TrainingConfig
}
