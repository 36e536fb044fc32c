/**
 * Devices of onnxruntime-node: whether one can be used is found out by using it, on a graph of one node. What stands in
 * the way is said as exactly as the system tells: for CUDA which shared libraries are not there.
 *
 * `auto` is CUDA where its provider works, else the CPU. It is never WebGPU: in Node an adapter may well be a processor that
 * imitates one, and parameters travel at each step.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
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
    throw unavailable(runtime.device, gist((cause as Error).message), cause)
  }
}

/** Of CUDA's failures what happened, without where in the source. */
const gist = (message: string): string =>
  /CUDA failure \d+: [^;]+/.exec(message)?.[0] ?? (message.split('\n')[0] as string)

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
  if (process.platform !== 'linux') return null
  const provider = join(nativeFolder(), cudaProvider)
  if (!existsSync(provider)) return `${cudaProvider} is not there`
  const beside = dirname(realpathSync(provider))
  loadLibraries(beside)
  const libraries = missingLibraries(provider, beside)
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}

/** Keeps a library in the process though it is no addon; a flag of glibc that Node has no name for. */
const noDelete = 0x1000

/**
 * Loads the libraries that lie beside the provider (which may be a link to elsewhere), so that it finds them though no search path
 * leads there. What cannot be loaded is what the provider will be said to lack.
 */
export function loadLibraries(folder: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen
  for (const name of readdirSync(folder).filter(file => /\.so\.\d/.test(file))) {
    try {
      process.dlopen({ exports: {} }, join(folder, name), RTLD_NOW | RTLD_GLOBAL | noDelete)
    } catch {} // always: it is no addon
  }
}

/** Names of the shared libraries that a library needs and neither the system nor `beside` has; as `ldd` tells. */
export function missingLibraries(library: string, beside: string): string[] {
  const path = [beside, process.env.LD_LIBRARY_PATH].filter(part => part).join(':')
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: path }
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // no ldd: ONNX Runtime will tell
  }
}

const hints: Readonly<Record<Device, string>> = {
  cpu: 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0',
  cuda: 'npx @mixflow/cli setup cuda puts the provider and CUDA’s libraries there (Linux on x64); libcuda.so.1 is part of NVIDIA’s driver',
  webgpu: 'it needs a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12',
}

const unavailable = (device: Device, why: string, cause?: unknown): OnnxBackendError =>
  new OnnxBackendError('RUNTIME_MISSING', `the device "${device}" cannot be used: ${why}`, {
    hint: hints[device],
    ...(cause === undefined ? {} : { cause }),
  })
