/**
 * One flow in training, rectified flow or MixFlow: core's source and objective over the zoo's networks, as in Node. The two differ
 * in the source alone; networks of both start alike and see the same data, noise and times.
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
import { type Method, type Settings, weightRules } from './settings.ts'

const batchSize = 256
const hidden = [64, 64]
const learningRate = 3e-3
/** The rate is half after so many steps, a third after twice as many, …: late pictures are calm. */
const halfRateSteps = 1000

export interface Flow {
  /** @param index of the step, from 0 */
  train(index: number): void
  readonly velocity: Velocity<Float32Array>
  /** What the encoder makes of data points; null without an encoder. `[N × 2]` each. */
  encode(x1: Float32Array): Promise<{ readonly mean: Float32Array; readonly logVariance: Float32Array } | null>
  dispose(): void
}

type Trained = Record<string, tf.Variable>

const startOf = (network: Mlp, seed: number, firstIndex: number): Trained => {
  const values = initialValues(network.parameters, { seed, firstIndex })
  // what a variable starts from is let go, the variable stays
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
  const own = startOf(denoiser, seed, 0)
  const encoderOwn = method === 'mixflow' ? startOf(encoder, seed, denoiser.parameters.length) : {}

  const apply = (xt: tf.Tensor, t: tf.Tensor) =>
    denoiser.apply(own as Parameters, tf.concat([xt, tf.reshape(t, [-1, 1])], 1) as tf.Tensor2D)
  const conditioned = kappaFc<tf.Tensor>(x => encoder.apply(encoderOwn as Parameters, x as tf.Tensor2D))
  const { draw, loss } = objective({ source: sourceOf(method, settings, conditioned), klWeight })
  const variables = [...Object.values(own), ...Object.values(encoderOwn)]
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

/** The one line in which the two differ. */
const sourceOf = (method: Method, { weight }: Settings, conditioned: KappaFc<tf.Tensor>): Source<tf.Tensor> =>
  method === 'mixflow'
    ? mixture(conditioned, standardNormal<tf.Tensor>(), { weight: weightRules[weight] })
    : standardNormal<tf.Tensor>()

/** One number for each of `count` points as a vector, more as rows. */
const rows = (x: Float32Array, count: number, width = x.length / count): tf.Tensor =>
  width === 1 ? tf.tensor1d(x) : tf.tensor2d(x, [count, width])

/** Its values; the tensor is let go. */
const numbersOf = (x: tf.Tensor): Promise<Float32Array> => x.data<'float32'>().finally(() => x.dispose())
