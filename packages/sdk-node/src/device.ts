/**
 * Where networks run: the CPU, CUDA or WebGPU, each a provider of onnxruntime-node. Whether a device can be used is found out by
 * using it, on a graph of one node; what stands in the way is said as exactly as the system tells, before any file is read.
 *
 * `auto` is CUDA where its provider was set up and works, else the CPU. It is never WebGPU: in Node, an adapter may well be a
 * processor that imitates one.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { InferenceSession, Tensor } from 'onnxruntime-node'

export const devices = ['cpu', 'cuda', 'webgpu'] as const

export type Device = (typeof devices)[number]

/** A model with one node, y = |x|, for one number. */
const oneNode =
  'CAgSEkBtaXhmbG93L3RmanMtb25ueDo/ChAKAXgSBm91dHB1dCIDQWJzEgR0ZmpzWg8KAXgSCgoICAESBAoCCAFiFAoGb3V0cHV0EgoKCAgBEgQKAggBQgIQEQ=='

/** The library that holds the CUDA provider; onnxruntime-node's own package has only those of the CPU and WebGPU. */
const cudaProvider = 'libonnxruntime_providers_cuda.so'

/** @throws MixflowError DEVICE_UNAVAILABLE that names what is not there. */
export async function chooseDevice(asked: Device | 'auto'): Promise<Device> {
  if (asked !== 'auto') return checked(asked)
  if (!existsSync(cudaPath())) return 'cpu'
  return checked('cuda').catch(error => {
    if (MixflowError.is(error)) return 'cpu'
    throw error
  })
}

async function checked(device: Device): Promise<Device> {
  if (device === 'cpu') return device
  const missing = device === 'cuda' ? missingForCuda() : null
  if (missing !== null) throw unavailable(device, missing)
  await runOneNode(device).catch(cause => {
    throw unavailable(device, gist(cause instanceof Error ? cause.message : String(cause)), cause)
  })
  return device
}

/** Of CUDA's failures what happened, without where in the source. */
const gist = (message: string): string =>
  /CUDA failure \d+: [^;]+/.exec(message)?.[0] ?? (message.split('\n')[0] as string)

function cudaPath(): string {
  const script = createRequire(import.meta.url).resolve('onnxruntime-node')
  return join(dirname(dirname(script)), 'bin', 'napi-v6', process.platform, process.arch, cudaProvider)
}

/** What keeps CUDA from loading, as far as files tell; null if nothing. */
function missingForCuda(): string | null {
  if (process.platform !== 'linux') return null
  if (!existsSync(cudaPath())) return `${cudaProvider} is not there`
  const beside = dirname(realpathSync(cudaPath()))
  loadLibraries(beside)
  const libraries = missingLibraries(cudaPath(), beside)
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}

/** Keeps a library in the process though it is no addon; a flag of glibc that Node has no name for. */
const noDelete = 0x1000

/**
 * Loads the libraries that lie beside the provider (which may be a link to elsewhere), so that it finds them though no search path
 * leads there. What cannot be loaded is what the provider will be said to lack.
 */
function loadLibraries(folder: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen
  for (const name of readdirSync(folder).filter(file => /\.so\.\d/.test(file))) {
    try {
      process.dlopen({ exports: {} }, join(folder, name), RTLD_NOW | RTLD_GLOBAL | noDelete)
    } catch {} // always: it is no addon
  }
}

/** Names of the shared libraries that a library needs and neither the system nor `beside` has; as `ldd` tells. */
function missingLibraries(library: string, beside: string): string[] {
  const path = [beside, process.env.LD_LIBRARY_PATH].filter(part => part).join(':')
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: path }
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // no ldd: ONNX Runtime will tell
  }
}

async function runOneNode(device: Device): Promise<void> {
  const session = await InferenceSession.create(Buffer.from(oneNode, 'base64'), sessionOptions(device))
  try {
    const { output } = await session.run({ x: new Tensor('float32', Float32Array.of(-3), [1]) })
    if (output?.data[0] !== 3) throw new Error(`it gives ${output?.data[0]} for |-3|`)
  } finally {
    await session.release()
  }
}

export const sessionOptions = (device: Device, threads?: number) => ({
  executionProviders: [device],
  ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  graphOptimizationLevel: 'all' as const,
  logSeverityLevel: 3 as const,
})

const hints = {
  cpu: 'npm install onnxruntime-node@1.30.0',
  cuda: 'mixflow setup cuda puts the provider and CUDA’s libraries there (Linux on x64); libcuda.so.1 is part of NVIDIA’s driver; or leave device out',
  webgpu: 'it needs a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12; or leave device out',
} as const satisfies Record<Device, string>

const unavailable = (device: Device, why: string, cause?: unknown): MixflowError =>
  new MixflowError('DEVICE_UNAVAILABLE', `the device "${device}" cannot be used: ${why}`, {
    hint: hints[device],
    details: { device },
    ...(cause === undefined ? {} : { cause }),
  })
