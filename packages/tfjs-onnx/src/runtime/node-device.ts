/**
 * Devices of onnxruntime-node: whether one can be used is found out by using it, on a graph of one node. What stands in
 * the way is said as exactly as the system tells: for CUDA which shared libraries are not there.
 *
 * `auto` is CUDA where its provider works, else the CPU. It is never WebGPU: in Node an adapter may well be a processor that
 * imitates one, and parameters travel at each step.
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { OnnxBackendError } from '../errors.ts'
import { runOneNode } from './one-node.ts'
import type { Device, Runtime } from './runtime.ts'

/** The library that holds the CUDA provider; onnxruntime-node's own package has only those of the CPU and WebGPU. */
const cudaProvider = 'libonnxruntime_providers_cuda.so'

/** Where onnxruntime-node's shared libraries lie, and its CUDA provider is looked for. */
export function nativeFolder(): string {
  const script = createRequire(import.meta.url).resolve('onnxruntime-node')
  return join(dirname(dirname(script)), 'bin', 'napi-v6', process.platform, process.arch)
}

/** @throws OnnxBackendError RUNTIME_MISSING that names what is not there. */
export async function checkDevice(runtime: Runtime): Promise<void> {
  if (runtime.device === 'cpu') return
  const missing = runtime.device === 'cuda' ? missingForCuda() : null
  if (missing !== null) throw unavailable('cuda', missing)
  try {
    await runOneNode(runtime)
  } catch (cause) {
    throw unavailable(runtime.device, (cause as Error).message.split('\n')[0] as string, cause)
  }
}

/** The runtime on the best device there is. */
export async function automatic(on: (device: Device) => Runtime): Promise<Runtime> {
  if (!existsSync(join(nativeFolder(), cudaProvider))) return on('cpu')
  const cuda = on('cuda')
  try {
    await checkDevice(cuda)
    return cuda
  } catch (error) {
    if (!(error instanceof OnnxBackendError)) throw error
    return { ...on('cpu'), note: error.message }
  }
}

/** What keeps CUDA from loading, as far as files tell; null if nothing. */
function missingForCuda(): string | null {
  const provider = join(nativeFolder(), cudaProvider)
  if (process.platform !== 'linux') return null
  if (!existsSync(provider)) return `${cudaProvider} is not there`
  const libraries = missingLibraries(provider)
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}

/** Names of the shared libraries that a library needs and the system does not find; as `ldd` tells. */
export function missingLibraries(library: string): string[] {
  try {
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // no ldd: ONNX Runtime will tell
  }
}

const hints: Readonly<Record<Device, string>> = {
  cpu: 'npm i onnxruntime-node@1.30.0',
  cuda: 'npx @mixflow/cli setup cuda puts the provider and the CUDA libraries there (Linux on x64, with an NVIDIA driver)',
  webgpu: 'it needs a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12',
}

const unavailable = (device: Device, why: string, cause?: unknown): OnnxBackendError =>
  new OnnxBackendError('RUNTIME_MISSING', `the device "${device}" cannot be used: ${why}`, {
    hint: hints[device],
    ...(cause === undefined ? {} : { cause }),
  })
