/**
 * The same networks, parameters, images and optimizer in PyTorch on the same processor, both with all threads and in separate processes. The
 * losses of the first steps, or the sampled images, must agree.
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BackendOptions } from '@mixflow/train'
import { presets } from '@mixflow/zoo'
import type { Comparison } from '../compare.ts'
import { environment, pytorchPython } from '../pytorch/environment.ts'
import { type Side, startSide } from '../pytorch/side.ts'
import { makeTask, removeTask, type TaskOptions } from '../pytorch/task.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** 3 million parameters, a typical small U-Net. */
const unet = {
  network: {
    kind: 'unet',
    options: { patchSize: 1, channels: [64, 64, 128], blocks: 2, attention: [2], headChannels: 32 },
  },
  image: { channels: 3, height: 32, width: 32 },
} as const

/** 6 million parameters. */
const largerUnet = {
  ...unet,
  network: { kind: 'unet', options: { ...unet.network.options, channels: [64, 128, 128] } },
} as const

/** The paper's denoiser for CIFAR-10, 56 million parameters, without dropout. */
const songUnet = {
  network: { kind: 'song-unet', options: { ...presets.cifar10.config.denoiser.options, dropout: 0 } },
  image: { channels: 3, height: 32, width: 32 },
} as const

const transformer = {
  network: { kind: 'transformer', options: { blocks: 6, heads: 4 } },
  image: { channels: 256, height: 8, width: 8 },
} as const

interface Sides {
  /** Ours; the number of threads is the task's. */
  readonly backend: BackendOptions
  /** PyTorch's: bfloat16 is by autocast. */
  readonly precision: 'float32' | 'bfloat16'
  /** Of each side. Default: one per core */
  readonly threads?: number | undefined
}

const onOnnx: Sides = { backend: { backend: 'onnx' }, precision: 'float32' }

/** Of losses: those of bfloat16 differ in their third digit. */
const tolerances = { float32: 1e-3, bfloat16: 2e-2 } as const

function compared(workload: string, options: TaskOptions, { backend, precision, threads }: Sides = onOnnx): Comparison {
  const task = shared(() => makeTask(threads === undefined ? options : { ...options, threads }))
  const file = shared(async () => {
    const made = await task()
    const name = join(made.folder, 'task.json')
    await writeFile(name, JSON.stringify(made))
    return name
  })
  const sides: Side[] = []
  const started = async (side: Promise<Side>) => {
    sides.push(await side)
    return (await side).work
  }
  return {
    workload,
    peer: precision === 'float32' ? 'pytorch' : 'pytorch-bfloat16',
    unit: 'images',
    tolerance: tolerances[precision],
    ours: async () =>
      started(
        startSide({
          command: process.execPath,
          args: [...process.execArgv, path('../pytorch/our-side.ts'), await file(), JSON.stringify(backend)],
        }),
      ),
    theirs: async () => {
      const python = await pytorchPython()
      return started(
        startSide({
          command: python,
          args: [path('../../pytorch/side.py'), await file(), precision],
          env: environment(),
        }),
      )
    },
    end: async () => {
      for (const side of sides) side.stop()
      await removeTask(await task())
    },
  }
}

function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

const [onnx, torch, torchBfloat16] = [
  { backend: 'onnx' },
  { backend: 'torch', device: 'cpu' },
  { backend: 'torch', device: 'cpu', dtype: 'bfloat16' },
] as const satisfies BackendOptions[]

/** Same precision on both sides, and the best of PyTorch's on a processor with AMX. */
const precisions = [
  [torch, 'float32'],
  [torchBfloat16, 'bfloat16'],
  [torch, 'bfloat16'],
  [onnx, 'bfloat16'],
] as const

/** A training step on a backend in each of the pairs of precisions. */
const steps = (name: string, task: Omit<TaskOptions, 'work'>, threads: number | undefined) =>
  precisions.map(([backend, precision]: readonly [BackendOptions, Sides['precision']]) =>
    compared(
      [name, backend.backend, ...(backend.dtype === 'bfloat16' ? [backend.dtype] : [])].join('-'),
      { ...task, work: 'train' },
      { backend, precision, threads },
    ),
  )

export const againstPytorch = {
  'unet-step': () => [compared('unet-step', { ...unet, work: 'train', batch: 64 })],
  'unet-step-tfjs-node': () => [
    compared(
      'unet-step-tfjs-node',
      { ...unet, work: 'train', batch: 64 },
      { ...onOnnx, backend: { backend: 'tfjs-node' } },
    ),
  ],
  'unet-step-torch': (_, threads) => steps('unet-step', { ...largerUnet, batch: 32 }, threads),
  'unet-sampling': () => [compared('unet-sampling', { ...unet, work: 'sample', batch: 16 })],
  'song-unet-step': () => [compared('song-unet-step', { ...songUnet, work: 'train', batch: 8 })],
  'song-unet-step-torch': (_, threads) => steps('song-unet-step', { ...songUnet, batch: 8 }, threads),
  'song-unet-sampling': () => [compared('song-unet-sampling', { ...songUnet, work: 'sample', batch: 16 })],
  'transformer-step': () => [compared('transformer-step', { ...transformer, work: 'train', batch: 32 })],
} satisfies Record<string, (folder: unknown, threads?: number) => readonly Comparison[]>
