/**
 * What trains: our own backend, or one of TensorFlow's. All run the same networks and step; `onnx` as whole graphs, the others
 * operator by operator. They agree to rounding, so a run may go on with another one than it began with.
 *
 * `auto` takes native TensorFlow on a GPU where somebody set that up, else onnx: on CUDA where its provider was set up, else on
 * the CPU. Neither a CPU's tfjs-node nor wasm is ever chosen for you: onnx is faster than both. `webgpu` is onnx on that device.
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
  /** Where the onnx backend runs; the CPU for `onnx`, the best there is for `auto`, unless given. */
  readonly device?: DeviceName | 'auto' | undefined
  /** Threads of the onnx backend; as many as there are cores unless given. */
  readonly threads?: number | undefined
}

export interface UsedBackend extends BackendInUse {
  /** Why `auto` did not take what was there for it to take. */
  readonly note?: string
}

/**
 * Makes a backend tfjs's current one.
 *
 * @throws MixflowError ARGUMENT_INVALID, PACKAGE_MISSING, DEVICE_UNAVAILABLE; OnnxBackendError RUNTIME_MISSING
 */
export async function useBackend(options: BackendOptions = {}): Promise<UsedBackend> {
  checkKeys(options as unknown, ['backend', 'device', 'threads'], { what: 'useBackend' })
  const { backend = 'auto', device, threads } = options
  const name = checkWord(backend, ['auto', ...backendNames], { what: 'backend' })
  if (device !== undefined) checkWord(device, ['auto', ...deviceNames], { what: 'device' })
  if (name !== 'auto' && name !== 'onnx') refuseOnnxOptions(name, { device, threads })
  tf.enableProdMode() // no advice in the output
  const note = await start[name]({ device, threads })
  registerGradients()
  return { ...backendInUse(), ...(note === undefined ? {} : { note }) }
}

type OnnxOptions = Pick<BackendOptions, 'device' | 'threads'>

/** Each makes its backend current, and may have something to say about it. */
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
  const isLeftOpen = (options.device ?? 'auto') === 'auto' && options.threads === undefined
  if (!isLeftOpen || !isInstalled(native)) return startOnnx(options)
  try {
    return await startTfjsNode(native)
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    await startOnnx(options)
    return `not on ${native}: ${error.message}`
  }
}

function refuseOnnxOptions(backend: BackendName, options: OnnxOptions): void {
  const [given] = Object.entries(options).filter(([, value]) => value !== undefined)
  if (given === undefined) return
  const [option, value] = given
  throw new MixflowError('ARGUMENT_INVALID', `${option} ${value} cannot be set for the backend "${backend}"`, {
    hint: `leave it out, or use the backend "onnx": the others decide by themselves`,
    details: { backend, [option]: value },
  })
}

/** TODO-HEAD Which backend tfjs uses now, whoever chose it: for people, and for the record of a run. */
export interface BackendInUse {
  /** As `useBackend` knows it; another one by the name that it registered. */
  readonly backend: string
  /** Of `onnx`: where it runs. */
  readonly device?: string
  /** For people: `CPU, 2 cores (onnx)`. */
  readonly text: string
}

export function backendInUse(): BackendInUse {
  const native = nativeFacts()
  const backend = native?.kind ?? tf.getBackend()
  const device = backend === onnx ? (tf.backend() as unknown as { readonly device: string }).device : undefined
  const cpu = `CPU, ${availableParallelism()} cores`
  const where = { cuda: 'GPU by CUDA', webgpu: 'GPU by WebGPU' }[device ?? ''] ?? (native?.gpu ? 'GPU' : cpu)
  const what = native === null ? backend : `${backend}, TensorFlow ${native.tensorflow}`
  return { backend, ...(device === undefined ? {} : { device }), text: `${where} (${what})` }
}
