/**
 * A task for two programs: what to train or sample, and a folder with the same numbers for both (parameters, images, noise). All are random
 * with a fixed seed; parameters that start at zero are perturbed, so that every layer affects the losses.
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
  /** Of both sides. Default: one per core */
  readonly threads?: number
}

export interface Task extends TaskOptions {
  /** Of the files weights, x1, noise and t: float32, little-endian. */
  readonly folder: string
  /** Folder of the exported model; empty for training. */
  readonly model: string
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[]
  readonly optimizer: Readonly<Record<'learningRate' | 'beta1' | 'beta2' | 'epsilon' | 'emaKeep', number>>
  readonly threads: number
  readonly seed: number
  /** Sampled images are compared by every n-th number. */
  readonly sampleEvery: number
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
  // the zoo has no transformer; the rest of the model does not depend on the network
  const anyNetwork = { kind: 'unet', options: presets.quickstart.config.denoiser.options }
  const rest = trainingModel(
    { ...configOf(task), denoiser: anyNetwork },
    { ...facts, image: { ...task.image, height: 32, width: 32 } },
  )
  const denoiser = transformer(task.network.options as never, task.image.channels)
  const parameters = denoiser.parameters.map(spec => ({ ...spec, name: `denoiser.${spec.name}` }))
  return { ...rest, image: task.image, denoiser, parameters }
}

/** The caller deletes the folder with `removeTask`. */
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
    threads: options.threads ?? availableParallelism(),
    seed,
    sampleEvery: 997,
  }
}

export const removeTask = ({ folder }: Task): Promise<void> => rm(folder, { recursive: true, force: true })

/** Exports a model with these parameters. */
async function exported(folder: string, options: TaskOptions, weights: Float32Array): Promise<string> {
  const out = join(folder, 'model')
  await onBackend('onnx')
  await exportModel({ checkpoint: await checkpointOf(folder, options, weights), out })
  return out
}

/** Writes a checkpoint with these parameters. */
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
