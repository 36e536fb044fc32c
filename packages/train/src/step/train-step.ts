/**
 * One training step, as four compiled graphs: `gradients` computes the MixFlow objective and its gradient, on shards of the
 * batch in parallel, one per thread; `average` averages the gradients of a batch that is split to save memory; `norm` is the
 * gradient's Euclidean norm; `update` clips the gradient and updates the moving average and the parameters. The objective is
 * in core (`flow/objective.ts`), the networks are in zoo.
 *
 * As in the reference implementation, the moving average is updated before the optimizer changes the parameters.
 */

import { mapDraws } from '@mixflow/core'
import { compile, compileElementwise } from '@mixflow/tfjs-onnx'
import { tensorAlgebra } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import {
  type AdamScalars,
  adamScalars,
  adamUpdate,
  emaKeep,
  fusedUpdate,
  hasFusedUpdate,
  learningRate,
  movingAverage,
} from './optimizer.ts'
import { type BatchTensors, batchTensorNames, batchTensors, partsOf, type TrainBatch } from './train-batch.ts'
import type { ParameterVector, TrainState } from './train-state.ts'
import { objectiveOf, type TrainingModel, under } from './training-model.ts'
import { valueAndGradient } from './value-and-gradient.ts'

export interface StepMetrics {
  readonly loss: number
  readonly flowLoss: number
  /** Nats per image; 0 without an encoder. */
  readonly kl: number
  /** Euclidean norm over all parameters, before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
}

export interface StepResult {
  readonly state: TrainState
  readonly metrics: StepMetrics
}

export interface TrainStep {
  /**
   * Reads the state without disposing of it. `step` counts from 1; `imagesSeen` is the count before this step. `totalImages` is the
   * length of the run that the learning rate follows. Default: that of the configuration. With `overwrite`, a backend may store the new
   * state in the old one's memory; the old one can then only be disposed of.
   */
  run(
    state: TrainState,
    batch: TrainBatch,
    at: {
      readonly step: number
      readonly imagesSeen: number
      readonly totalImages?: number
      readonly overwrite?: boolean
    },
  ): Promise<StepResult>
  dispose(): void
}

type Scalars = Readonly<Record<keyof AdamScalars | 'keep', tf.Tensor>>

interface Gradient {
  /** A vector over all parameters. */
  readonly gradient: tf.Tensor
  /** [3]: loss, flow loss, KL. */
  readonly losses: tf.Tensor
}

interface GradientInput extends BatchTensors {
  readonly parameters: tf.Tensor
}

/** `share` is 1 / number of parts, the next one included. */
type AverageInput = Readonly<Record<'mean' | 'meanLosses' | 'next' | 'nextLosses' | 'share', tf.Tensor>>

interface UpdateInput extends TrainState, Scalars {
  readonly gradient: tf.Tensor
  readonly norm: tf.Tensor
}

export function trainStep(model: TrainingModel, vector: ParameterVector): TrainStep {
  const { config, image } = model
  const gradients = compile((input: GradientInput) => gradientGraph(model, vector, input), { batch: batchTensorNames })
  const average = compile(averageGraph)
  const norm = compile(({ gradient }: Pick<Gradient, 'gradient'>) => ({ norm: tf.sqrt(tf.dot(gradient, gradient)) }))
  const update = compileElementwise(
    (input: UpdateInput) => updateGraph(model, input),
    [...(['parameters', 'ema', 'firstMoment', 'secondMoment'] as const), 'gradient'],
  )

  const gradientOf = ({ parameters }: TrainState, batch: TrainBatch): Gradient => {
    const tensors = tf.tidy(() => ({ ...batchTensors(batch, image) }))
    const result = gradients({ parameters, ...tensors })
    tf.dispose(tensors)
    return result
  }

  /** The gradient of the whole batch, averaged over its parts if `imagesAtOnce` splits it. */
  const meanGradient = (state: TrainState, batch: TrainBatch): Gradient => {
    const [first, ...others] = partsOf(batch, config.imagesAtOnce) as [TrainBatch, ...TrainBatch[]]
    let mean = gradientOf(state, first)
    others.forEach((part, i) => {
      const next = gradientOf(state, part)
      const share = tf.scalar(1 / (i + 2))
      const pair = { mean: mean.gradient, meanLosses: mean.losses, next: next.gradient, nextLosses: next.losses }
      const averaged = average({ ...pair, share })
      tf.dispose([{ ...mean }, { ...next }, share])
      mean = averaged
    })
    return mean
  }

  return {
    async run(state, batch, { step, imagesSeen, totalImages = config.totalImages, overwrite = false }) {
      const rate = learningRate({ ...config, totalImages }, imagesSeen)
      const keep = emaKeep(config, step)
      const { gradient, losses } = meanGradient(state, batch)
      const length = norm({ gradient }).norm
      const scalars = hasFusedUpdate() ? undefined : scalarTensors({ ...adamScalars(config, { step, rate }), keep })
      const next: TrainState =
        scalars === undefined
          ? tf.tidy(() =>
              fusedUpdate(
                config,
                { ...state, gradient: clipped(config, gradient, length) },
                { step, rate, keep, overwrite },
              ),
            )
          : update({ ...state, ...scalars, gradient, norm: length })
      const [loss = Number.NaN, flowLoss = Number.NaN, kl = Number.NaN] = await losses.data()
      const [gradientNorm = Number.NaN] = await length.data()
      tf.dispose([scalars, gradient, losses, length])
      return { state: next, metrics: { loss, flowLoss, kl, gradientNorm, learningRate: rate } }
    },
    dispose() {
      for (const graph of [gradients, average, norm, update]) graph.dispose()
    },
  }
}

function scalarTensors<K extends string>(values: Readonly<Record<K, number>>): Record<K, tf.Tensor> {
  const entries = Object.entries<number>(values).map(([name, value]) => [name, tf.scalar(value)])
  return Object.fromEntries(entries) as Record<K, tf.Tensor>
}

/** (1 − share) · mean + share · next */
function averageGraph({ mean, meanLosses, next, nextLosses, share }: AverageInput): Gradient {
  const mix = (a: tf.Tensor, b: tf.Tensor) => tf.add(a, tf.mul(tf.sub(b, a), share))
  return { gradient: mix(mean, next), losses: mix(meanLosses, nextLosses) }
}

const nhwc = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 3, 1])

/** Gradient and losses of a batch, or of a shard of it: means over its images. */
function gradientGraph(model: TrainingModel, vector: ParameterVector, input: GradientInput): Gradient {
  // tfjs disposes of all tensors of the differentiated function except its result: tf.keep saves the two parts
  let parts: tf.Tensor[] = []
  const { value, gradient } = valueAndGradient(parameters => {
    const result = lossOf(model, vector, { ...input, parameters })
    parts = [result.flowLoss, result.kl ?? tf.zerosLike(result.flowLoss)].map(part => tf.keep(tf.reshape(part, [])))
    return result.loss
  }, input.parameters)
  const losses = tf.stack([tf.reshape(value, []), ...parts])
  tf.dispose(parts)
  return { gradient, losses }
}

/** The moving average, then the optimizer. */
function updateGraph({ config }: TrainingModel, input: UpdateInput): TrainState {
  const gradient = clipped(config, input.gradient, input.norm)
  const ema = movingAverage(input)
  return { ...adamUpdate(config, { ...input, gradient, scalars: input }), ema }
}

const clipped = ({ clipNorm }: TrainingModel['config'], gradient: tf.Tensor, norm: tf.Tensor): tf.Tensor =>
  clipNorm === null ? gradient : tf.mul(gradient, clipFactor(norm, clipNorm))

const clipFactor = (norm: tf.Tensor, limit: number): tf.Tensor => tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)))

function lossOf(model: TrainingModel, vector: ParameterVector, input: GradientInput) {
  const named = vector.split(input.parameters)
  const denoiserParameters = under('denoiser', named)
  const { label, shownLabel, dropoutMask } = input
  return objectiveOf(model, named, label).loss(tensorAlgebra, {
    denoiser: (xt, t, { mixtureWeight }) =>
      model.denoiser.apply(denoiserParameters, xt as tf.Tensor4D, t as tf.Tensor1D, {
        label: shownLabel,
        mixtureWeight: mixtureWeight as tf.Tensor1D | undefined,
        dropoutMask,
      }),
    x1: nhwc(input.x1),
    label,
    draws: mapDraws(input, draw => (draw.rank === 4 ? nhwc(draw) : draw)),
  })
}
