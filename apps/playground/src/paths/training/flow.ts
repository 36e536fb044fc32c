/**
 * One flow in training, rectified flow or MixFlow: core's source and objective with the zoo's networks, as in Node. The two differ only in
 * the source. They have the same initial parameters and see the same data, noise and times.
 */
import {
  type KappaFc,
  kappaFc,
  mapDraws,
  mixture,
  objective,
  type Source,
  standardNormal,
  type Velocity,
} from '@mixflow/core'
import { initialValues, type Mlp, mlp, type Parameters, tensorAlgebra } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import type { Dataset } from './datasets.ts'
import { type Method, type Settings, weightRules } from './run.ts'

const batchSize = 256
const hidden = [64, 64]
const learningRate = 3e-3
/** The learning rate is halved after this many steps and divided by three after twice as many, so that late figures are stable. */
const halfRateSteps = 1000

export interface Flow {
  /** @param index of the step, from 0 */
  train(index: number): void
  readonly velocity: Velocity<Float32Array>
  /** Returns the encoder's output for data points, `[N × 2]` each; null without an encoder. */
  encode(x1: Float32Array): Promise<{ readonly mean: Float32Array; readonly logVariance: Float32Array } | null>
  dispose(): void
}

type Trained = Record<string, tf.Variable>

const variablesOf = (network: Mlp, seed: number, firstIndex: number): Trained => {
  const values = initialValues(network.parameters, { seed, firstIndex })
  // disposes of the initial tensors, not of the variables
  return tf.tidy(() =>
    Object.fromEntries(
      network.parameters.map(({ name, shape }) => [name, tf.variable(tf.tensor(values.get(name)!, [...shape]))]),
    ),
  ) as Trained
}

export function flow(method: Method, settings: Settings, data: Dataset): Flow {
  const { seed, klWeight } = settings
  const denoiser = mlp('denoiser', { from: 3, to: 2, hidden })
  const encoder = mlp('encoder', { from: 2, to: 4, hidden })
  const denoiserVariables = variablesOf(denoiser, seed, 0)
  const encoderVariables = method === 'mixflow' ? variablesOf(encoder, seed, denoiser.parameters.length) : {}

  const apply = (xt: tf.Tensor, t: tf.Tensor) =>
    denoiser.apply(denoiserVariables as Parameters, tf.concat([xt, tf.reshape(t, [-1, 1])], 1) as tf.Tensor2D)
  const conditioned = kappaFc<tf.Tensor>(x => encoder.apply(encoderVariables as Parameters, x as tf.Tensor2D))
  const { draw, loss } = objective({ source: sourceOf(method, settings, conditioned), klWeight })
  const variables = [...Object.values(denoiserVariables), ...Object.values(encoderVariables)]
  const optimizer = tf.train.adam(learningRate)

  return {
    train(index) {
      const range = { seed, firstImage: index * batchSize, images: batchSize }
      const numbers = draw({ ...range, elementsPerImage: 2 })
      Object.assign(optimizer, { learningRate: learningRate / (1 + index / halfRateSteps) })
      tf.tidy(() => {
        const draws = mapDraws(numbers, x => rows(x, batchSize))
        const x1 = rows(data(range), batchSize)
        optimizer.minimize(
          () => loss(tensorAlgebra, { denoiser: apply, x1, draws }).loss as tf.Scalar,
          false,
          variables,
        )
      })
    },
    velocity: (x, t) => numbersOf(tf.tidy(() => apply(rows(x, x.length / 2, 2), tf.fill([x.length / 2], t)))),
    async encode(x1) {
      if (method === 'rectified-flow') return null
      const { mean, logVariance } = tf.tidy(() => {
        const gaussian = conditioned.encode(tensorAlgebra, { x1: rows(x1, x1.length / 2, 2), draws: {} })
        return { mean: gaussian.mean, logVariance: gaussian.logVariance! }
      })
      return { mean: await numbersOf(mean), logVariance: await numbersOf(logVariance) }
    },
    dispose() {
      optimizer.dispose()
      tf.dispose(variables)
    },
  }
}

/** The only difference between the two methods. */
const sourceOf = (method: Method, { weight }: Settings, conditioned: KappaFc<tf.Tensor>): Source<tf.Tensor> =>
  method === 'mixflow'
    ? mixture(conditioned, standardNormal<tf.Tensor>(), { weight: weightRules[weight] })
    : standardNormal<tf.Tensor>()

/** A vector if there is one number for each of `count` points, else a matrix. */
const rows = (x: Float32Array, count: number, width = x.length / count): tf.Tensor =>
  width === 1 ? tf.tensor1d(x) : tf.tensor2d(x, [count, width])

/** Returns the tensor's values and disposes of it. */
const numbersOf = (x: tf.Tensor): Promise<Float32Array> => x.data<'float32'>().finally(() => x.dispose())
