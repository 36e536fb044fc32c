/**
 * One piece of work for two programs: what to train or to sample, and the folder with the numbers that both start from
 * (weights, images, noise). Everything is drawn from a seed, and weights that start at zero are moved, so that every layer
 * matters and the two programs can be compared by their losses.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { normals, uniforms } from '@mixflow/core'
import { exportModel } from '@mixflow/export'
import { ParameterVector, trainingModel, writeCheckpoint } from '@mixflow/train'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import { transformer } from '../networks/transformer.ts'
import { onBackend } from '../tfjs-backends.ts'

export interface TaskOptions {
  readonly work: 'train' | 'sample'
  readonly network: { readonly kind: string; readonly options: Readonly<Record<string, unknown>> }
  readonly image: { readonly channels: number; readonly height: number; readonly width: number }
  readonly batch: number
}

export interface Task extends TaskOptions {
  /** Where the numbers lie, float32, little-endian: weights, x1, noise, t. */
  readonly folder: string
  /** The exported model to sample with, if that is the work. */
  readonly model: string
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[]
  readonly optimizer: Readonly<Record<'learningRate' | 'beta1' | 'beta2' | 'epsilon' | 'emaKeep', number>>
  readonly threads: number
  readonly seed: number
  /** Of sampled images, every so manieth number is told. */
  readonly tellEvery: number
}

const seed = 5
const created = '2026-01-01T00:00:00Z'

/** Plain rectified flow with Adam, at one rate. */
export const configOf = ({ network, batch }: TaskOptions): TrainingConfig => ({
  ...presets['cifar10-small'].config,
  source: null,
  encoder: null,
  clipNorm: null,
  warmupImages: 0,
  learningRate: 2e-4,
  batchSize: batch,
  seed,
  denoiser: network,
})

/** The networks of the benchmark: those of the zoo, and a transformer. */
export function modelOf(task: TaskOptions) {
  const facts = { image: task.image, labels: null }
  if (task.network.kind !== 'transformer') return trainingModel(configOf(task), facts)
  // the zoo has no transformer: the rest of the model does not depend on the network
  const anyNetwork = { kind: 'unet', options: presets.quickstart.config.denoiser.options }
  const rest = trainingModel(
    { ...configOf(task), denoiser: anyNetwork },
    { ...facts, image: { ...task.image, height: 32, width: 32 } },
  )
  const denoiser = transformer(task.network.options as never, task.image.channels)
  const parameters = denoiser.parameters.map(spec => ({ ...spec, name: `denoiser.${spec.name}` }))
  return { ...rest, image: task.image, denoiser, parameters }
}

/** Writes the numbers; the folder is the caller's to remove, with `removeTask`. */
export async function makeTask(options: TaskOptions): Promise<Task> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-bench-'))
  const config = configOf(options)
  const model = modelOf(options)
  const vector = new ParameterVector(model.parameters)
  const moves = normals({ seed, stream: 'probe', images: 1, elementsPerImage: vector.length })
  const weights = vector.initial(seed).map((value, i) => value + 0.02 * (moves[i] as number))
  const { batch: images, image } = options
  const elementsPerImage = image.channels * image.height * image.width
  const draw = { seed, images, elementsPerImage } as const
  const files = {
    weights,
    x1: uniforms({ ...draw, stream: 'probe' }).map(u => 2 * u - 1),
    noise: normals({ ...draw, stream: 'noise' }),
    t: uniforms({ seed, images, elementsPerImage: 1, stream: 'time' }),
  }
  await mkdir(folder, { recursive: true })
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, `${name}.f32`), data)
  const { learningRate, beta1, beta2, epsilon } = config
  return {
    ...options,
    folder,
    model: options.work === 'sample' ? await exported(folder, options, weights) : '',
    parameters: model.parameters.map(({ name, shape }) => ({ name: name.replace(/^denoiser\./, ''), shape })),
    optimizer: { learningRate, beta1, beta2, epsilon, emaKeep: 0.5 ** (images / config.emaHalfLifeImages) },
    threads: availableParallelism(),
    seed,
    tellEvery: 997,
  }
}

export const removeTask = ({ folder }: Task): Promise<void> => rm(folder, { recursive: true, force: true })

/** A model folder with these weights. */
async function exported(folder: string, options: TaskOptions, weights: Float32Array): Promise<string> {
  const out = join(folder, 'model')
  await onBackend('onnx')
  await exportModel({ checkpoint: await checkpointOf(folder, options, weights), out })
  return out
}

/** The weights as a run would have saved them. */
function checkpointOf(folder: string, options: TaskOptions, weights: Float32Array): Promise<string> {
  const model = modelOf(options)
  const vector = new ParameterVector(model.parameters)
  const config = configOf(options)
  const named = vector.named(weights)
  const record = {
    format: 'mixflow-checkpoint',
    version: 1,
    created,
    step: 1,
    imagesSeen: options.batch,
    trainSeconds: 1,
    preset: null,
    config: config as never,
    networks: { denoiser: { ...config.denoiser, parameters: vector.length } as never, encoder: null },
    image: options.image,
    labels: null,
    source: null,
    dataset: { name: 'noise', images: options.batch, licence: 'CC0-1.0', attribution: 'drawn from a seed' },
    seed,
    cursor: { epoch: 0, position: 0 },
    optimizer: { kind: 'adam', scalars: { step: 1 } },
    loss: 1,
  } as const
  const moments = new Map(
    [...named].flatMap(([name, x]) => [`firstMoment.${name}`, `secondMoment.${name}`].map(key => [key, x] as const)),
  )
  return writeCheckpoint(
    join(folder, 'run'),
    { record, tensors: { weights: named, ema: named, optimizer: moments } },
    1,
  )
}
