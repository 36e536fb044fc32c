/**
 * Selects the tfjs backend for training: one of ours (`onnx`, `torch`) or of TensorFlow's. All run the same networks and training step,
 * `onnx` as whole graphs, the others operation by operation. Their results agree up to rounding, so a run may be resumed on another one.
 *
 * `auto` is libtorch on a GPU if one is found, else native TensorFlow on a GPU if that was set up, else onnx, on CUDA if that was set
 * up, else on the CPU. It never selects tfjs-node on the CPU or wasm, because onnx is faster than both. `webgpu` is onnx on that device.
 */

import { availableParallelism } from 'node:os'
import { MixflowError } from '@mixflow/core'
import { checkKeys, checkWord } from '@mixflow/core/internal'
import { backendName as onnx, registerGradients, useOnnxBackend } from '@mixflow/tfjs-onnx'
import {
  findLibrary,
  type Precision,
  type TorchBackend,
  TorchBackendError,
  backendName as torch,
  tryLibrary,
  useTorchBackend,
} from '@mixflow/tfjs-torch'
import * as tf from '@tensorflow/tfjs-core'
import type { TfjsNodeKind } from './tfjs-node/kind.ts'
import { isInstalled, loadTfjsNode, nativeFacts } from './tfjs-node/load-tfjs-node.ts'
import { torchFolders } from './torch/set-up-torch.ts'
import { loadWasm } from './wasm/load-wasm.ts'

export const backendNames = ['onnx', 'torch', 'tfjs-node', 'tfjs-node-gpu', 'webgpu', 'wasm'] as const
export const deviceNames = ['cpu', 'cuda', 'mps', 'xpu', 'webgpu'] as const
export const dtypeNames = ['float32', 'bfloat16'] as const satisfies Precision[]

export type BackendName = (typeof backendNames)[number]
export type DeviceName = (typeof deviceNames)[number]

export interface BackendOptions {
  readonly backend?: BackendName | 'auto'
  /** Device of `onnx` (cpu, cuda, webgpu) or `torch` (cpu, cuda, mps, xpu). Default: the CPU for `onnx`, the best available for others. */
  readonly device?: DeviceName | 'auto' | undefined
  /** Threads of `onnx` or `torch` on the CPU. Default: the number of cores. */
  readonly threads?: number | undefined
  /** Of `torch`: the precision of matrix products and convolutions. Default: `'float32'` */
  readonly dtype?: Precision | undefined
}

export interface UsedBackend extends BackendInUse {
  /** Why `auto` did not use a backend or device that is set up. */
  readonly note?: string
}

/**
 * Makes a backend the current one of tfjs.
 *
 * @throws MixflowError ARGUMENT_INVALID, PACKAGE_MISSING, DEVICE_UNAVAILABLE; OnnxBackendError RUNTIME_MISSING;
 *   TorchBackendError LIBRARY_MISSING, LIBRARY_UNSUPPORTED, DEVICE_MISSING
 */
export async function useBackend(options: BackendOptions = {}): Promise<UsedBackend> {
  checkKeys(options as unknown, ['backend', 'device', 'threads', 'dtype'], { what: 'useBackend' })
  const { backend = 'auto', device, threads, dtype } = options
  const name = checkWord(backend, ['auto', ...backendNames], { what: 'backend' })
  if (device !== undefined) checkWord(device, ['auto', ...deviceNames], { what: 'device' })
  if (dtype !== undefined) checkWord(dtype, dtypeNames, { what: 'dtype' })
  checkUses(name, { device, threads, dtype })
  tf.enableProdMode() // no warnings in the output
  const note = await start[name]({ device, threads, dtype })
  registerGradients()
  return { ...backendInUse(), ...(note === undefined ? {} : { note }) }
}

type Settings = Pick<BackendOptions, 'device' | 'threads' | 'dtype'>

/** Each makes its backend current and may return a note. */
const start: Readonly<Record<BackendName | 'auto', (options: Settings) => Promise<string | undefined>>> = {
  auto: automatic,
  onnx: ({ device = 'cpu', threads }) => startOnnx({ device, threads }),
  torch: startTorch,
  webgpu: () => startOnnx({ device: 'webgpu' }),
  'tfjs-node': () => startTfjsNode('tfjs-node'),
  'tfjs-node-gpu': () => startTfjsNode('tfjs-node-gpu'),
  wasm: async () => void (await loadWasm()),
}

async function startOnnx({ device = 'auto', threads }: Settings): Promise<string | undefined> {
  if (device === 'mps' || device === 'xpu') throw unused('onnx', 'device', device)
  return (await useOnnxBackend({ device, ...(threads === undefined ? {} : { threads }) })).runtime.note
}

async function startTfjsNode(kind: TfjsNodeKind): Promise<undefined> {
  await loadTfjsNode(kind)
}

async function startTorch({ device = 'auto', threads, dtype }: Settings): Promise<undefined> {
  if (device === 'webgpu') throw unused('torch', 'device', device)
  const options = { ...(threads === undefined ? {} : { threads }), ...(dtype === undefined ? {} : { dtype }) }
  await useTorchBackend({ device, folders: torchFolders(), ...options })
}

async function automatic(options: Settings): Promise<string | undefined> {
  if (options.dtype !== undefined) return startTorch(options)
  const native = 'tfjs-node-gpu'
  const isFree = (options.device ?? 'auto') === 'auto' && options.threads === undefined
  if (isFree && (await startTorchOnGpu())) return undefined
  if (!isFree || !isInstalled(native)) return startOnnx(options)
  try {
    return await startTfjsNode(native)
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    await startOnnx(options)
    return `not on ${native}: ${error.message}`
  }
}

/** Whether libtorch was found, and with it a GPU. */
async function startTorchOnGpu(): Promise<boolean> {
  try {
    const folder = await findLibrary({ folders: torchFolders() })
    const { devices } = await tryLibrary(folder)
    if (devices.every(name => name === 'cpu')) return false
    await useTorchBackend({ library: folder })
    return true
  } catch (error) {
    if (error instanceof TorchBackendError) return false
    throw error
  }
}

/** What each backend takes of the settings; the others decide for themselves. */
const uses: Readonly<Partial<Record<BackendName | 'auto', readonly (keyof Settings)[]>>> = {
  auto: ['device', 'threads', 'dtype'],
  onnx: ['device', 'threads'],
  torch: ['device', 'threads', 'dtype'],
}

function checkUses(backend: BackendName | 'auto', settings: Settings): void {
  for (const [option, value] of Object.entries(settings)) {
    if (value !== undefined && !uses[backend]?.includes(option as keyof Settings)) throw unused(backend, option, value)
  }
}

function unused(backend: string, option: string, value: string | number): MixflowError {
  const others = Object.entries(uses).flatMap(([name, taken]) =>
    name !== backend && name !== 'auto' && taken.includes(option as keyof Settings) ? [`"${name}"`] : [],
  )
  return new MixflowError('ARGUMENT_INVALID', `${option} ${value} cannot be set for the backend "${backend}"`, {
    hint: `leave it out, or use the backend ${others.join(' or ')}`,
    details: { backend, [option]: value },
  })
}

export interface BackendInUse {
  /** Name for `useBackend`, or the registered name of another backend. */
  readonly backend: string
  /** Device of `onnx` or `torch`. */
  readonly device?: string
  /** Precision of products, where it is not float32. */
  readonly dtype?: Exclude<Precision, 'float32'>
  /** A description: `CPU, 2 cores (onnx)`. */
  readonly text: string
}

/** The current backend of tfjs. */
export function backendInUse(): BackendInUse {
  const native = nativeFacts()
  const backend = native?.kind ?? tf.getBackend()
  const hasDevice = backend === onnx || backend === torch
  const device = hasDevice ? (tf.backend() as unknown as { readonly device: string }).device : undefined
  const cpu = `CPU, ${availableParallelism()} cores`
  const gpus = { cuda: 'GPU by CUDA', webgpu: 'GPU by WebGPU', mps: 'GPU by MPS', xpu: 'GPU by XPU' }
  const where = gpus[device as keyof typeof gpus] ?? (native?.gpu ? 'GPU' : cpu)
  const what = native === null ? libraryOf(backend) : `${backend}, TensorFlow ${native.tensorflow}`
  const dtype = backend === torch ? (tf.backend() as TorchBackend).torch.precision : 'float32'
  return {
    backend,
    ...(device === undefined ? {} : { device }),
    ...(dtype === 'float32' ? {} : { dtype }),
    text: `${where} (${what})`,
  }
}

/** A backend with what decides its results beyond its name. */
function libraryOf(backend: string): string {
  if (backend !== torch) return backend
  const { library, precision } = (tf.backend() as TorchBackend).torch
  return `${backend} ${library.version.major}.${library.version.minor}${precision === 'float32' ? '' : `, ${precision}`}`
}
