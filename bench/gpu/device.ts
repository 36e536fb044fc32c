/**
 * Our side of the check on a device, in a process of its own. Arguments: a stage and its options as JSON. Each stage prints lines of JSON.
 *
 *   kernels  tfjs-core's own suite
 *   equal    training steps on the device and on the CPU, with the same numbers
 *   task     writes the numbers that both sides of the comparison start from
 *   step     training steps of that task, one for each line on standard input
 *   train    a short training of the preset cifar10-small, on noise
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { normals, uniforms } from '@mixflow/core'
import { type TorchBackendOptions, useTorchBackend } from '@mixflow/tfjs-torch'
import { createDataset, type Dataset } from '@mixflow/train'
import {
  batches,
  firstBatch,
  initialState,
  ParameterVector,
  type TrainState,
  trainingModel,
  trainStep,
} from '@mixflow/train/step'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import * as tf from '@tensorflow/tfjs-core'
import { runSpecs } from '../../packages/tfjs-onnx/suite/jasmine.ts'
import { skipped } from '../../packages/tfjs-onnx/suite/skipped.ts'

interface Options extends Required<Pick<TorchBackendOptions, 'device' | 'dtype'>> {
  readonly folder: string
  readonly filter: string
  readonly steps: number
  readonly seconds: number
  readonly batch: number
  /** Of the SongUNet; the paper's is 128. */
  readonly modelChannels: number
}

const seed = 5
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`)

async function kernels({ device, filter }: Options): Promise<void> {
  await useTorchBackend({ device })
  const left = new Set(skipped.map(({ spec }) => spec))
  const plain = (name: string) => name.replace(' torch {}', '')
  const bundle = pathToFileURL(join(import.meta.dirname, 'suite.mjs')).pathname
  const results = await runSpecs(bundle, name => plain(name).includes(filter) && !left.has(plain(name)))
  const run = results.filter(({ status, fullName }) => status !== 'excluded' && plain(fullName).includes(filter))
  const failed = run.filter(({ status }) => status === 'failed')
  say({
    passed: run.filter(({ status }) => status === 'passed').length,
    failed: failed.map(({ fullName, failedExpectations }) => [plain(fullName), failedExpectations[0]?.message]),
  })
}

/** Noise in the place of CIFAR-10, which is not here. */
function noiseImages(count: number): Dataset {
  const values = uniforms({ seed, stream: 'probe', images: count, elementsPerImage: 3 * 32 * 32 })
  return createDataset({
    ...{ name: 'noise', split: 'train', channels: 3, height: 32, width: 32, labels: null, classNames: null },
    images: Uint8Array.from(values, u => 256 * u),
    licence: null,
    attribution: null,
  })
}

const facts = { image: { channels: 3, height: 32, width: 32 }, labels: null } as const

/** Calls `onStep` with each loss until it returns false. */
async function trained(config: TrainingConfig, onStep: (loss: number) => boolean): Promise<void> {
  const model = trainingModel(config, facts)
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const batchAt = batches(model, noiseImages(Math.max(256, 2 * config.batchSize)))
  let state = initialState(vector, config.seed)
  let cursor = firstBatch
  for (let i = 0, more = true; more; i++) {
    const batch = batchAt(cursor)
    const at = { step: i + 1, imagesSeen: i * config.batchSize, overwrite: true }
    const result = await step.run(state, batch, at)
    tf.dispose({ ...state })
    state = result.state
    cursor = batch.next
    more = onStep(result.metrics.loss)
  }
  tf.dispose({ ...state })
  step.dispose()
}

async function equal({ device, steps, batch }: Options): Promise<void> {
  const network = {
    kind: 'unet',
    options: { patchSize: 4, channels: [16, 32], blocks: 1, attention: [1], headChannels: 16 },
  }
  const config = {
    ...presets['cifar10-small'].config,
    ...{ batchSize: batch, totalImages: 1e6, warmupImages: 0, denoiser: network, encoder: network },
  }
  const losses: number[][] = []
  for (const on of ['cpu', device] as const) {
    await useTorchBackend({ device: on as 'cpu' })
    const mine: number[] = []
    await trained(config, loss => mine.push(loss) < steps)
    losses.push(mine)
  }
  const [cpu, other] = losses as [number[], number[]]
  say({
    steps,
    apart: Math.max(...cpu.map((loss, i) => Math.abs((other[i] as number) / loss - 1))),
    first: cpu[0],
    last: cpu.at(-1),
  })
}

async function train({ device, dtype, seconds, batch }: Options): Promise<void> {
  await useTorchBackend({ device, dtype })
  const config = { ...presets['cifar10-small'].config, batchSize: batch, totalImages: 1e9 }
  let started = 0
  let steps = -2 // to warm up
  let loss = 0
  await trained(config, now => {
    loss = now
    if (++steps === 0) started = performance.now()
    return steps <= 0 || performance.now() - started < 1000 * seconds
  })
  const took = (performance.now() - started) / 1000
  say({ images: steps * batch, seconds: took, imagesPerSecond: (steps * batch) / took, loss })
}

/** Plain rectified flow on the paper's denoiser with Adam, at one rate. */
function songModel({ batch, modelChannels }: Options) {
  const { denoiser } = presets.cifar10.config
  return trainingModel(
    {
      ...presets['cifar10-small'].config,
      ...{ source: null, encoder: null, clipNorm: null, warmupImages: 0, learningRate: 2e-4, batchSize: batch, seed },
      denoiser: { ...denoiser, options: { ...denoiser.options, modelChannels, dropout: 0 } },
    },
    facts,
  )
}

/** As `bench/src/pytorch/task.ts` writes it, for the networks in `bench/pytorch`. */
async function task(options: Options): Promise<void> {
  const { folder, batch } = options
  const model = songModel(options)
  const vector = new ParameterVector(model.parameters, { channelsLast: false })
  const draw = { seed, images: batch, elementsPerImage: 3 * 32 * 32 } as const
  const files = {
    weights: vector.initial(seed),
    x1: uniforms({ ...draw, stream: 'probe' }).map(u => 2 * u - 1),
    noise: normals({ ...draw, stream: 'noise' }),
    t: uniforms({ seed, images: batch, elementsPerImage: 1, stream: 'time' }),
  }
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, `${name}.f32`), data)
  const { learningRate, beta1, beta2, epsilon, emaHalfLifeImages, denoiser } = model.config
  const text = JSON.stringify({
    folder,
    network: denoiser,
    image: facts.image,
    batch,
    parameters: model.parameters.map(({ name, shape }) => ({ name: name.replace(/^denoiser\./, ''), shape })),
    optimizer: { learningRate, beta1, beta2, epsilon, emaKeep: 0.5 ** (batch / emaHalfLifeImages) },
  })
  await writeFile(join(folder, 'task.json'), text)
  say({ parameters: vector.length })
}

async function step(options: Options): Promise<void> {
  const { device, dtype, folder } = options
  await useTorchBackend({ device, dtype })
  const model = songModel(options)
  const vector = new ParameterVector(model.parameters)
  const run = trainStep(model, vector)
  const numbers = async (name: string) => {
    const { buffer, byteOffset, byteLength } = await readFile(join(folder, `${name}.f32`))
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  }
  const [given, images, noise, t] = (await Promise.all(['weights', 'x1', 'noise', 't'].map(numbers))) as Float32Array[]
  // the file has PyTorch's layout; the vector, that of the backend
  const stored = new ParameterVector(model.parameters, { channelsLast: false }).named(given as Float32Array)
  const weights = vector.join(new Map([...stored].map(([name, { data }]) => [name, data])))
  const batch = { images, draws: { t, noise } } as never
  let state: TrainState = {
    parameters: tf.tensor1d(weights),
    ema: tf.tensor1d(weights),
    firstMoment: tf.zeros([vector.length]),
    secondMoment: tf.zeros([vector.length]),
  }
  let steps = 0
  say({ ready: true })
  for await (const line of createInterface({ input: process.stdin })) {
    const losses: number[] = []
    const since = performance.now()
    for (let i = Number(line); i > 0; i--) {
      const at = { step: ++steps, imagesSeen: steps, overwrite: true }
      const { state: next, metrics } = await run.run(state, batch, at)
      tf.dispose({ ...state })
      state = next
      losses.push(metrics.loss)
    }
    say({ seconds: (performance.now() - since) / 1000, losses, peakBytes: 1024 * process.resourceUsage().maxRSS })
  }
}

const stages = { kernels, equal, task, step, train }
const [stage, options] = process.argv.slice(2)
await stages[stage as keyof typeof stages](JSON.parse(options as string))
process.exit(0)
