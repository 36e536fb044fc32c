/**
 * Selects the tfjs backend for training: ours (`onnx`) or one of TensorFlow's. All run the same networks and training step, `onnx`
 * as whole graphs, the others operation by operation. Their results agree up to rounding, so a run may be resumed on another one.
 *
 * `auto` is native TensorFlow on a GPU if that was set up, else onnx, on CUDA if that was set up, else on the CPU. It never selects
 * tfjs-node on the CPU or wasm, because onnx is faster than both. `webgpu` is onnx on that device.
 */

import { availableParallelism } from 'node:os'
import { MixflowError } from '@mixflow/core'
import { checkKeys, checkWord } from '@mixflow/core/internal'
import { backendName as onnx, registerGradients, useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { TfjsNodeKind } from './tfjs-node/kind.ts'
import { isInstalled, loadTfjsNode, nativeFacts } from './tfjs-node/load-tfjs-node.ts'
import { loadWasm } from './wasm/load-wasm.ts'

export const backendNames = ['onnx', 'tfjs-node', 'tfjs-node-gpu', 'webgpu', 'wasm'] as const
export const deviceNames = ['cpu', 'cuda', 'webgpu'] as const

export type BackendName = (typeof backendNames)[number]
export type DeviceName = (typeof deviceNames)[number]

export interface BackendOptions {
  readonly backend?: BackendName | 'auto'
  /** Device of the onnx backend. Default: the CPU for `onnx`, the best available for `auto`. */
  readonly device?: DeviceName | 'auto' | undefined
  /** Threads of the onnx backend. Default: the number of cores. */
  readonly threads?: number | undefined
}

export interface UsedBackend extends BackendInUse {
  /** Why `auto` did not use a backend or device that is set up. */
  readonly note?: string
}

/**
 * Makes a backend the current one of tfjs.
 *
 * @throws MixflowError ARGUMENT_INVALID, PACKAGE_MISSING, DEVICE_UNAVAILABLE; OnnxBackendError RUNTIME_MISSING
 */
export async function useBackend(options: BackendOptions = {}): Promise<UsedBackend> {
  checkKeys(options as unknown, ['backend', 'device', 'threads'], { what: 'useBackend' })
  const { backend = 'auto', device, threads } = options
  const name = checkWord(backend, ['auto', ...backendNames], { what: 'backend' })
  if (device !== undefined) checkWord(device, ['auto', ...deviceNames], { what: 'device' })
  if (name !== 'auto' && name !== 'onnx') refuseOnnxOptions(name, { device, threads })
  tf.enableProdMode() // no warnings in the output
  const note = await start[name]({ device, threads })
  registerGradients()
  return { ...backendInUse(), ...(note === undefined ? {} : { note }) }
}

type OnnxOptions = Pick<BackendOptions, 'device' | 'threads'>

/** Each makes its backend current and may return a note. */
const start: Readonly<Record<BackendName | 'auto', (options: OnnxOptions) => Promise<string | undefined>>> = {
  auto: automatic,
  onnx: ({ device = 'cpu', threads }) => startOnnx({ device, threads }),
  webgpu: () => startOnnx({ device: 'webgpu' }),
  'tfjs-node': () => startTfjsNode('tfjs-node'),
  'tfjs-node-gpu': () => startTfjsNode('tfjs-node-gpu'),
  wasm: async () => void (await loadWasm()),
}

async function startOnnx({ device = 'auto', threads }: OnnxOptions): Promise<string | undefined> {
  return (await useOnnxBackend({ device, ...(threads === undefined ? {} : { threads }) })).runtime.note
}

async function startTfjsNode(kind: TfjsNodeKind): Promise<undefined> {
  await loadTfjsNode(kind)
}

async function automatic(options: OnnxOptions): Promise<string | undefined> {
  const native = 'tfjs-node-gpu'
  const isFree = (options.device ?? 'auto') === 'auto' && options.threads === undefined
  if (!isFree || !isInstalled(native)) return startOnnx(options)
  try {
    return await startTfjsNode(native)
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    await startOnnx(options)
    return `not on ${native}: ${error.message}`
  }
}

function refuseOnnxOptions(backend: BackendName, options: OnnxOptions): void {
  const [first] = Object.entries(options).filter(([, value]) => value !== undefined)
  if (first === undefined) return
  const [option, value] = first
  throw new MixflowError('ARGUMENT_INVALID', `${option} ${value} cannot be set for the backend "${backend}"`, {
    hint: 'leave it out, or use the backend "onnx"',
    details: { backend, [option]: value },
  })
}

export interface BackendInUse {
  /** Name for `useBackend`, or the registered name of another backend. */
  readonly backend: string
  /** Device of `onnx`. */
  readonly device?: string
  /** A description: `CPU, 2 cores (onnx)`. */
  readonly text: string
}

/** The current backend of tfjs. */
export function backendInUse(): BackendInUse {
  const native = nativeFacts()
  const backend = native?.kind ?? tf.getBackend()
  const device = backend === onnx ? (tf.backend() as unknown as { readonly device: string }).device : undefined
  const cpu = `CPU, ${availableParallelism()} cores`
  const where = { cuda: 'GPU by CUDA', webgpu: 'GPU by WebGPU' }[device ?? ''] ?? (native?.gpu ? 'GPU' : cpu)
  const what = native === null ? backend : `${backend}, TensorFlow ${native.tensorflow}`
  return { backend, ...(device === undefined ? {} : { device }), text: `${where} (${what})` }
}
