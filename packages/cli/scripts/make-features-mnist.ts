/**
 * Trains a classifier on the MNIST training digits, prints its errors on the test digits, and writes it as ONNX with features and logits.
 * Three 3 × 3 convolutions, each followed by 2 × 2 average pooling, then the mean over the last map, which are the features, and one linear
 * layer. The same seed gives the same network up to rounding. The file name selects one of two: `mnist-cnn`, whose features the distances
 * use (@mixflow/features-mnist), and `mnist-reader`, which is wider and trained for longer on shifted digits, to classify generated digits
 * (@mixflow/features-mnist-reader).
 *
 *   node --conditions=@mixflow/source --import=tsx packages/cli/scripts/make-features-mnist.ts mnist models/features-mnist/mnist-cnn.onnx
 *
 * A third argument is the number of threads. Default: number of cores.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { integers } from '@mixflow/core'
import { compile, trace } from '@mixflow/tfjs-onnx'
import {
  adamScalars,
  adamUpdate,
  batchOrder,
  type Dataset,
  firstBatch,
  learningRate,
  openData,
  ParameterVector,
  useBackend,
} from '@mixflow/train'
import type { ParameterSpec } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'

const [spec = 'mnist', out = 'mnist-cnn.onnx', threads] = process.argv.slice(2)
const networks = {
  'mnist-cnn': { widths: [1, 16, 32, 64], epochs: 6, most: 0 },
  'mnist-reader': { widths: [1, 32, 64, 128], epochs: 12, most: 2 },
} as const
const name = basename(out, '.onnx')
if (!Object.hasOwn(networks, name))
  throw new Error(`unknown network ${name}, expected ${Object.keys(networks).join(' or ')}`)
/** `most`: the largest shift of a training digit, in pixels. */
const { widths, epochs, most } = networks[name as keyof typeof networks]
const [batchSize, seed, side] = [100, 1, 28]
const classes = 10

const initial = (fanIn: number) => ({ kind: 'normal', deviation: Math.sqrt(2 / fanIn) }) as const
const zero = { kind: 'constant', value: 0 } as const
const levels = [0, 1, 2] as const
const specs: ParameterSpec[] = [
  ...levels.flatMap(i => [
    { name: `conv${i}.weight`, shape: [3, 3, widths[i], widths[i + 1]!], initial: initial(9 * widths[i]) },
    { name: `conv${i}.bias`, shape: [widths[i + 1]!], initial: zero },
  ]),
  { name: 'linear.weight', shape: [widths[3], classes], initial: initial(widths[3]) },
  { name: 'linear.bias', shape: [classes], initial: zero },
]
const vector = new ParameterVector(specs)

/** Images float32 [N, 1, 28, 28] in [-1, 1] -> features [N, last width], logits [N, 10]. */
function network(parameters: Readonly<Record<string, tf.Tensor>>, images: tf.Tensor) {
  let h = tf.transpose(images, [0, 2, 3, 1]) as tf.Tensor4D
  for (const i of levels) {
    h = tf.relu(
      tf.add(tf.conv2d(h, parameters[`conv${i}.weight`] as tf.Tensor4D, 1, 'same'), parameters[`conv${i}.bias`]!),
    )
    h = tf.avgPool(h, 2, 2, 'valid')
  }
  const features = tf.mean(h, [1, 2]) as tf.Tensor2D
  const logits = tf.add(tf.matMul(features, parameters['linear.weight'] as tf.Tensor2D), parameters['linear.bias']!)
  return { features, logits }
}

type Tensors = Record<string, tf.Tensor>
const config = { optimizer: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const

const step = compile(({ parameters, firstMoment, secondMoment, images, labels, ...scalars }: Tensors) => {
  const loss = (given: tf.Tensor) => {
    const { logits } = network(vector.split(given), images!)
    const right = tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), 'float32')
    return tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, right), 1))) as tf.Scalar
  }
  const { value, grad } = tf.valueAndGrad(loss)(parameters!)
  const state = { firstMoment: firstMoment!, secondMoment: secondMoment!, parameters: parameters! }
  return { ...adamUpdate(config, { ...state, gradient: grad, scalars: scalars as never }), loss: value }
})
const classify = compile(({ parameters, images }: Tensors) => {
  return { best: tf.argMax(network(vector.split(parameters!), images!).logits, 1) as tf.Tensor }
})

/** Shifts each image by up to `most` pixels, determined by the number of the batch. */
function moved(images: Float32Array, batch: number): Float32Array {
  if (most === 0) return images
  const count = images.length / side ** 2
  const draw = { seed, stream: 'probe', firstImage: batch * count, images: count, elementsPerImage: 2 } as const
  const shifts = integers({ ...draw, below: 2 * most + 1 })
  return images.map((_, at) => {
    const [i, y, x] = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side]
    const [fromY, fromX] = [y + shifts[2 * i]! - most, x + shifts[2 * i + 1]! - most]
    const isInside = fromY >= 0 && fromY < side && fromX >= 0 && fromX < side
    return isInside ? images[(i * side + fromY) * side + fromX]! : -1
  })
}

const imagesOf = (data: Dataset, indices: ArrayLike<number>, batch?: number) => {
  const { images: still, labels } = data.batch(indices)
  const images = batch === undefined ? still : moved(still, batch)
  return { images: tf.tensor(images, [indices.length, 1, side, side]), labels: tf.tensor1d(labels!, 'int32') }
}

/** Updates size and hash of the network in the text of an extractor.json. */
const described = (text: string, network: Uint8Array): string =>
  text
    .replace(/"bytes": \d+/, `"bytes": ${network.length}`)
    .replace(/"sha256": "\w*"/, `"sha256": "${createHash('sha256').update(network).digest('hex')}"`)

await useBackend({ backend: 'onnx', ...(threads && { threads: Number(threads) }) })
const [data, test] = [await openData(spec), await openData(spec, { split: 'test' })]
const totalImages = epochs * data.count
const rates = { learningRate: 2e-3, warmupImages: 5000, decayFraction: 0.7, finalRate: 0.01, totalImages }
const batchAt = batchOrder({ count: data.count, batchSize, seed, flips: false })
let state: Tensors = {
  ...{ parameters: tf.tensor1d(vector.initial(seed)), firstMoment: tf.zeros([vector.length]) },
  secondMoment: tf.zeros([vector.length]),
}
let cursor = firstBatch
for (let seen = 0; seen < totalImages; seen += batchSize) {
  const { indices, next } = batchAt(cursor)
  const scalars = adamScalars(config, { step: seen / batchSize + 1, rate: learningRate(rates, seen) })
  const fed = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]))
  const given = imagesOf(data, indices, seen / batchSize)
  const { loss, ...after } = step({ ...state, ...given, ...fed }) as Tensors
  const value = (await loss!.data())[0]
  tf.dispose([state, given, fed, loss!])
  state = after
  cursor = next
  if (seen % 30_000 === 0) process.stderr.write(`${seen} of ${totalImages} images, loss ${value?.toFixed(4)}\n`)
}

const parameters = state.parameters as tf.Tensor
let wrong = 0
for (let from = 0; from < test.count; from += 500) {
  const { images, labels } = imagesOf(
    test,
    Array.from({ length: 500 }, (_, i) => from + i),
  )
  const best = await (classify({ parameters, images }) as Tensors).best!.data()
  const right = await labels.data()
  wrong += best.filter((label, i) => label !== right[i]).length
}

const split = new Map(
  [...vector.named((await parameters.data()) as Float32Array)].map(([name, { data, shape }]) => [
    name,
    tf.tensor(data, [...shape]),
  ]),
)
const bytes = trace(images => network(Object.fromEntries(split), images!), { images: ['N', 1, side, side] }, { name })
const content = await bytes
writeFileSync(out, content)
const description = join(dirname(out), 'extractor.json')
if (existsSync(description)) writeFileSync(description, described(readFileSync(description, 'utf8'), content))
process.stdout.write(`${out}: ${wrong} of ${test.count} test digits wrong, ${vector.length} parameters\n`)
