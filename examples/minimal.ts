/**
 * MixFlow in one page, on two-dimensional data: `npx -y pnpm@12 --filter @mixflow/examples minimal`
 *
 * A rectified flow moves noise x0 to data x1 along straight lines; a network learns the velocity. Where x0 and x1 are
 * drawn independently, the lines cross and the learned paths bend, so a few steps miss the data. κ-FC lets an encoder
 * see a signal κ (here x1 itself) and predict where the line starts. Mixing that source with plain noise by a random
 * weight w keeps plain noise a valid start for sampling. The training of the two differs in one line: the source.
 */
import * as core from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { tensorAlgebra } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'

const batch = 256

/** Two interleaved half circles, image i of a seed on the upper or lower one in turn: [n, 2]. */
export function moons(n: number, seed: number): Float32Array {
  const angle = core.uniforms({ seed, stream: 'label', images: n })
  const jitter = core.normals({ seed, stream: 'probe', images: n, elementsPerImage: 2 })
  return jitter.map((z, k) => {
    const [a, side] = [Math.PI * angle[k >> 1]!, (k >> 1) % 2 ? 1 : -1]
    return 0.08 * z + (k % 2 ? 1.2 * (side * Math.sin(a) - side * 0.25) : 1.2 * (side * Math.cos(a) + side * 0.5))
  })
}

/** A perceptron with two hidden layers: [n, inputs] -> [n, outputs]. */
export function mlp(inputs: number, outputs: number, seed: number) {
  const widths = [inputs, 64, 64, outputs]
  const layers = [0, 1, 2].map(i => {
    const [images, elementsPerImage] = [widths[i]!, widths[i + 1]!]
    const draws = core.normals({ seed, stream: 'initialization', firstImage: i, images, elementsPerImage })
    const weight = tf.mul(tf.tensor2d(draws, [images, elementsPerImage]), 1 / Math.sqrt(images))
    return { weight: tf.variable(weight), bias: tf.variable(tf.zeros([elementsPerImage])) }
  })
  return (x: tf.Tensor): tf.Tensor =>
    layers.reduce<tf.Tensor>((h, { weight, bias }, i) => {
      const next = tf.add(tf.matMul(h, weight), bias)
      return i < 2 ? tf.mul(next, tf.sigmoid(next)) : next
    }, x)
}

/** Learns the flow from a source to the moons; returns its velocity, which takes and gives [n, 2] as a plain array. */
export async function learn(source: core.Source<tf.Tensor>, steps: number) {
  const network = mlp(3, 2, 1)
  const denoiser = (xt: tf.Tensor, t: tf.Tensor) => network(tf.concat([xt, tf.reshape(t, [-1, 1])], 1))
  const { draw, loss } = core.objective({ source, klWeight: 0.05 }) // mean (D(xt, t) − (x1 − x0))² + β · KL
  const optimizer = tf.train.adam(2e-3)
  for (let step = 0; step < steps; step++) {
    const numbers = draw({ seed: 1, firstImage: step * batch, images: batch, elementsPerImage: 2 })
    const tensor = (x: Float32Array) => (x.length === batch ? tf.tensor1d(x) : tf.tensor2d(x, [batch, 2]))
    const draws = core.mapDraws(numbers, tensor)
    const x1 = tensor(moons(batch, step + 1))
    const cost = optimizer.minimize(() => loss(tensorAlgebra, { denoiser, x1, draws }).loss as tf.Scalar, true)
    await cost?.data()
    tf.dispose([cost as tf.Tensor, x1, { ...draws }])
  }
  return async (x: Float32Array, t: number) => {
    const n = x.length / 2
    const velocity = tf.tidy(() => denoiser(tf.tensor2d(x, [n, 2]), tf.fill([n], t)))
    return velocity.data<'float32'>().finally(() => velocity.dispose())
  }
}

/** The energy distance of two sets of points: 0 for equal distributions. */
function distance(a: Float32Array, b: Float32Array): number {
  const mean = (p: Float32Array, q: Float32Array, sum = 0) => {
    for (let i = 0; i < p.length; i += 2)
      for (let j = 0; j < q.length; j += 2) sum += Math.hypot(p[i]! - q[j]!, p[i + 1]! - q[j + 1]!)
    return (4 * sum) / (p.length * q.length)
  }
  return 2 * mean(a, b) - mean(a, a) - mean(b, b)
}

/** Trains both with the same settings; gives the distance to the data by number of Euler steps, and the curvature. */
export async function compare(steps: number) {
  await useOnnxBackend()
  const encoder = mlp(2, 4, 2) // κ = x1 -> mean and log-variance of x0
  const sources = {
    'rectified flow': core.standardNormal<tf.Tensor>(), // x0 ~ N(0, 1)
    MixFlow: core.mixture(core.kappaFc<tf.Tensor>(encoder), core.standardNormal()), // N(wμ, wσ² + 1 − w)
  }
  const [data, x0] = [moons(1000, 0), core.normals({ seed: 7, stream: 'noise', images: 1000, elementsPerImage: 2 })]
  const results: Record<string, Record<string, number>> = {}
  for (const [name, source] of Object.entries(sources)) {
    const velocity = await learn(source, steps)
    const row = (results[name] = {} as Record<string, number>)
    for (const n of [1, 2, 4, 8])
      row[`${n} steps`] = distance((await core.solve(velocity, x0, { solver: 'euler', steps: n })).x, data)
    row.curvature = (await core.curvature(velocity, x0, { elementsPerImage: 2, steps: 64 })).mean
  }
  return results
}

if (process.argv[1]?.endsWith('minimal.ts')) console.table(await compare(2000))
