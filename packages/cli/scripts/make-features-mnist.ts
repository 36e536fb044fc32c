/**
 * Trains the classifier of @mixflow/features-mnist on the training digits, says how many test digits it gets wrong, and writes it as
 * ONNX: features and logits of images. Three convolutions of 3 × 3, each followed by the mean of 2 × 2 pixels, then the mean over the
 * last map, which are the features, and one linear layer. The same seed gives the same network, to rounding.
 *
 *   node --conditions=@mixflow/source --import=tsx packages/cli/scripts/make-features-mnist.ts mnist models/features-mnist/mnist-cnn.onnx
 */
import { writeFileSync } from 'node:fs'
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

const [spec = 'mnist', out = 'mnist-cnn.onnx'] = process.argv.slice(2)
const [epochs, batchSize, seed, side] = [6, 100, 1, 28]
const widths = [1, 16, 32, 64] as const
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

/** Images float32 [N, 1, 28, 28] in [-1, 1] -> features [N, 64], logits [N, 10]. */
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

const imagesOf = (data: Dataset, indices: ArrayLike<number>) => {
  const { images, labels } = data.batch(indices)
  return { images: tf.tensor(images, [indices.length, 1, side, side]), labels: tf.tensor1d(labels!, 'int32') }
}

await useBackend({ backend: 'onnx' })
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
  const given = imagesOf(data, indices)
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
const bytes = trace(
  images => network(Object.fromEntries(split), images!),
  { images: ['N', 1, side, side] },
  { name: 'mnist-cnn' },
)
writeFileSync(out, await bytes)
process.stdout.write(`${out}: ${wrong} of ${test.count} test digits wrong, ${vector.length} weights\n`)
