/**
 * One training step, as two graphs. The first splits the parameters and takes the MixFlow objective and its gradient; it is
 * run on shares of the batch side by side, one per thread. The second clips, and updates the moving average and the
 * parameters. The formulas of the objective are core's, of the networks the zoo's.
 *
 * Order as in the reference implementation: the average takes in the parameters before the optimizer changes them.
 */

import type { Draws } from '@mixflow/core'
import { compile, compileElementwise } from '@mixflow/tfjs-onnx'
import { tensorAlgebra } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import type { ParameterVector } from '../model/parameter-vector.ts'
import { objectiveOf, type TrainingModel, under } from '../model/training-model.ts'
import { type AdamScalars, adamScalars, adamUpdate } from './adam.ts'
import { movingAverage } from './moving-average.ts'
import { emaKeep, learningRate } from './schedule.ts'
import { batchTensors, partsOf, perImage, type TrainBatch } from './train-batch.ts'

/** What a run carries from step to step, each a vector of all parameters. */
export interface TrainState {
  readonly parameters: tf.Tensor
  readonly ema: tf.Tensor
  readonly firstMoment: tf.Tensor
  readonly secondMoment: tf.Tensor
}

export const stateNames = ['parameters', 'ema', 'firstMoment', 'secondMoment'] as const satisfies (keyof TrainState)[]

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
  /** The state is read, not disposed of. `step` counts from 1, `imagesSeen` before this step. */
  run(state: TrainState, batch: TrainBatch, at: { step: number; imagesSeen: number }): Promise<StepResult>
  dispose(): void
}

type Tensors = Record<string, tf.Tensor>

export function trainStep(model: TrainingModel, vector: ParameterVector): TrainStep {
  const { config, image } = model
  const gradients = compile((inputs: Tensors) => gradientGraph(model, vector, inputs), { batch: perImage })
  const length = compile(({ gradient }: Tensors) => ({ norm: normOf(gradient as tf.Tensor) }))
  const update = compileElementwise((inputs: Tensors) => updateGraph(model, inputs), [...stateNames, 'gradient'])
  const average = compile(({ share, ...inputs }: Tensors) => averageGraph(inputs, share as tf.Tensor))

  const gradientOf = ({ parameters }: TrainState, batch: TrainBatch): Gradient => {
    const given = tf.tidy(() => batchTensors(batch, image))
    const result = gradients({ parameters, ...given }) as unknown as Gradient
    tf.dispose(given)
    return result
  }

  /** Of the whole batch, in parts of equal size where it is not computed at once. */
  const meanGradient = (state: TrainState, batch: TrainBatch): Gradient => {
    const [first, ...others] = partsOf(batch, config.imagesAtOnce) as [TrainBatch, ...TrainBatch[]]
    let mean = gradientOf(state, first)
    others.forEach((part, i) => {
      const { gradient, losses } = gradientOf(state, part)
      // of i + 2 parts, the last
      const inputs = { ...mean, otherGradient: gradient, otherLosses: losses, share: tf.scalar(1 / (i + 2)) }
      const next = average(inputs) as unknown as Gradient
      tf.dispose(inputs)
      mean = next
    })
    return mean
  }

  return {
    async run(state, batch, { step, imagesSeen }) {
      const rate = learningRate(config, imagesSeen)
      const scalars = { ...adamScalars(config, { step, rate }), keep: emaKeep(config, step) }
      const fed = tf.tidy(() =>
        Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)])),
      ) as Tensors
      const { gradient, losses } = meanGradient(state, batch)
      const { norm } = length({ gradient }) as { norm: tf.Tensor }
      const next = update({ ...state, gradient, norm, ...fed }) as unknown as TrainState
      const [loss, flowLoss, kl] = (await losses.data()) as unknown as [number, number, number]
      const [gradientNorm] = (await norm.data()) as unknown as [number]
      tf.dispose([fed, gradient, losses, norm])
      return { state: next, metrics: { loss, flowLoss, kl, gradientNorm, learningRate: rate } }
    },
    dispose() {
      gradients.dispose()
      average.dispose()
      length.dispose()
      update.dispose()
    },
  }
}

interface Gradient {
  readonly gradient: tf.Tensor
  readonly losses: tf.Tensor
}

/** (1 − share) · of what was averaged so far + share · of the next. */
function averageGraph({ gradient, losses, otherGradient, otherLosses }: Tensors, share: tf.Tensor): Tensors {
  const mix = (a: tf.Tensor, b: tf.Tensor) => tf.add(a, tf.mul(tf.sub(b, a), share))
  return {
    gradient: mix(gradient as tf.Tensor, otherGradient as tf.Tensor),
    losses: mix(losses as tf.Tensor, otherLosses as tf.Tensor),
  }
}

const imageDraws = ['noise', 'encoderNoise', 'kappaNoise'] as const

const nhwc = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 3, 1])

/** Gradient and losses of a batch, or of a share of it: means over its images. */
function gradientGraph(model: TrainingModel, vector: ParameterVector, inputs: Tensors): Tensors {
  // what leaves the differentiated function besides its result has to be kept from tfjs's tidying
  let parts: tf.Tensor[] = []
  const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
    const result = lossOf(model, vector, { parameters, inputs })
    parts = [result.flowLoss, result.kl ?? tf.zerosLike(result.flowLoss)].map(part => tf.keep(tf.reshape(part, [])))
    return result.loss
  })(inputs.parameters as tf.Tensor)
  const losses = tf.stack([tf.reshape(value, []), ...parts])
  tf.dispose(parts)
  return { gradient: grad, losses }
}

/** Of a vector. */
const normOf = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.dot(x, x))

/** The moving average and the optimizer, in this order. */
function updateGraph({ config }: TrainingModel, inputs: Tensors): Tensors {
  const state = inputs as unknown as TrainState
  const given = inputs.gradient as tf.Tensor
  const factor = config.clipNorm === null ? null : clipFactor(inputs.norm as tf.Tensor, config.clipNorm)
  const gradient = factor === null ? given : tf.mul(given, factor)
  const ema = movingAverage({ ema: state.ema, parameters: state.parameters, keep: inputs.keep as tf.Tensor })
  const scalars = inputs as unknown as Record<keyof AdamScalars, tf.Tensor>
  return { ...adamUpdate(config, { ...state, gradient, scalars }), ema }
}

const clipFactor = (norm: tf.Tensor, limit: number): tf.Tensor => tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)))

function lossOf(
  model: TrainingModel,
  vector: ParameterVector,
  { parameters, inputs }: { parameters: tf.Tensor; inputs: Tensors },
) {
  const named = vector.split(parameters)
  const own = under('denoiser', named)
  const draws = Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, (imageDraws as readonly string[]).includes(name) ? nhwc(x) : x]),
  ) as unknown as Draws<tf.Tensor>
  return objectiveOf(model, named, inputs.label).loss(tensorAlgebra, {
    denoiser: (xt, t, { mixtureWeight }) =>
      model.denoiser.apply(own, xt as tf.Tensor4D, t as tf.Tensor1D, {
        label: inputs.shownLabel as tf.Tensor1D | undefined,
        mixtureWeight: mixtureWeight as tf.Tensor1D | undefined,
        kept: inputs.kept as tf.Tensor2D | undefined,
      }),
    x1: nhwc(inputs.x1 as tf.Tensor),
    label: inputs.label,
    draws,
  })
}
