/**
 * Checks whether onnxruntime-node can use a device, by running a graph of one node on it. The error names what is missing, for CUDA the
 * shared libraries.
 *
 * `auto` selects CUDA if its provider works, otherwise the CPU. It never selects WebGPU: in Node its adapter may be a software emulation.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { OnnxBackendError } from '../errors.ts'
import { runOneNode } from './one-node.ts'
import type { Device, Runtime } from './runtime.ts'

/** The library of the CUDA provider, which is not part of the package onnxruntime-node. */
const cudaProvider = 'libonnxruntime_providers_cuda.so'

/** The folder of onnxruntime-node's shared libraries and of its CUDA provider. */
export function nativeFolder(): string {
  const script = createRequire(import.meta.url).resolve('onnxruntime-node')
  return join(dirname(dirname(script)), 'bin', 'napi-v6', process.platform, process.arch)
}

/** @throws OnnxBackendError RUNTIME_MISSING naming what is missing */
export async function checkDevice(runtime: Runtime): Promise<void> {
  if (runtime.device === 'cpu') return
  const missing = runtime.device === 'cuda' ? missingForCuda() : null
  if (missing !== null) throw unavailable('cuda', missing)
  try {
    await runOneNode(runtime)
  } catch (cause) {
    throw unavailable(runtime.device, summary((cause as Error).message), cause)
  }
}

/** The failure in a CUDA error, without the source location. */
const summary = (message: string): string =>
  /CUDA failure \d+: [^;]+/.exec(message)?.[0] ?? (message.split('\n')[0] as string)

/** The runtime on the best available device. */
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

/** Missing files of CUDA; null if none is known to be missing. */
function missingForCuda(): string | null {
  if (process.platform !== 'linux') return null
  const provider = join(nativeFolder(), cudaProvider)
  if (!existsSync(provider)) return `${cudaProvider} is missing`
  const beside = dirname(realpathSync(provider))
  loadLibraries(beside)
  const libraries = missingLibraries(provider, beside)
  return libraries.length === 0 ? null : `missing shared libraries: ${libraries.join(', ')}`
}

/** glibc's RTLD_NODELETE, which Node has no constant for: keeps a library loaded that is not an addon. */
const noDelete = 0x1000

/** Loads the libraries in the provider's folder, so that it finds them without a search path. */
export function loadLibraries(folder: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen
  for (const name of readdirSync(folder).filter(file => /\.so\.\d/.test(file))) {
    try {
      process.dlopen({ exports: {} }, join(folder, name), RTLD_NOW | RTLD_GLOBAL | noDelete)
    } catch {} // always throws, because it is not an addon
  }
}

/** Names of the shared libraries that `ldd` finds neither on the system nor in the folder `beside`. */
export function missingLibraries(library: string, beside: string): string[] {
  const path = [beside, process.env.LD_LIBRARY_PATH].filter(part => part).join(':')
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: path }
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // without ldd, ONNX Runtime reports them
  }
}

const hints: Readonly<Record<Device, string>> = {
  cpu: 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0',
  cuda: 'npx @mixflow/cli setup cuda installs the provider and the CUDA libraries (Linux on x64); libcuda.so.1 is part of the NVIDIA driver',
  webgpu: 'it requires a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12',
}

const unavailable = (device: Device, why: string, cause?: unknown): OnnxBackendError =>
  new OnnxBackendError('RUNTIME_MISSING', `the device "${device}" cannot be used: ${why}`, {
    hint: hints[device],
    ...(cause === undefined ? {} : { cause }),
  })
