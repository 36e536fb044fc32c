/**
 * Where networks run: the CPU, CUDA or WebGPU, each a provider of onnxruntime-node. Whether a device can be used is found out by
 * using it (one-node.ts), once in a process; what stands in the way is said as exactly as the system tells, before any file of a
 * model is read.
 *
 * `auto` is CUDA where its provider was set up and works, else the CPU. It is never WebGPU: in Node, an adapter may well be a
 * processor that imitates one.
 */
import { MixflowError } from '@mixflow/core'
import { missingForCuda } from './cuda.ts'
import { type Problem, runOneNode, runOneNodeInChild } from './one-node.ts'

export const devices = ['cpu', 'cuda', 'webgpu'] as const

export type Device = (typeof devices)[number]

export interface ChosenDevice {
  readonly device: Device
  /** Why it is no better one, where that was left open. */
  readonly note?: string
}

/** @throws MixflowError DEVICE_UNAVAILABLE that names what is not there; details: `device` and `reason`, a `Reason`. */
export async function chooseDevice(asked: Device | 'auto'): Promise<ChosenDevice> {
  const device = asked === 'auto' ? 'cuda' : asked
  const problem = await problemOf(device)
  if (problem === null) return { device }
  if (asked !== 'auto') throw unavailable(asked, problem)
  return { device: 'cpu', note: `no CUDA: ${gist(problem.message)}; WebGPU is taken where it is asked for` }
}

const tried = new Map<Device, Promise<Problem | null>>()

/** null where the device works. */
function problemOf(device: Device): Promise<Problem | null> {
  const known = tried.get(device) ?? tryDevice[device]()
  tried.set(device, known)
  return known
}

const tryDevice = {
  cpu: async () => null,
  async cuda() {
    const missing = process.platform === 'linux' ? missingForCuda() : null
    return missing === null ? tryHere('cuda') : { reason: 'missing', message: missing }
  },
  webgpu: async () => (await runOneNodeInChild('webgpu')) ?? tryHere('webgpu'),
} as const satisfies Record<Device, () => Promise<Problem | null>>

async function tryHere(device: Device): Promise<Problem | null> {
  try {
    await runOneNode(device)
    return null
  } catch (cause) {
    return { reason: 'refused', message: cause instanceof Error ? cause.message : String(cause), cause }
  }
}

/** Of what ONNX Runtime says what happened, without where in its source. */
function gist(message: string): string {
  const line = message.trim().split('\n')[0] as string
  return /CUDA failure \d+: [^;]+/.exec(line)?.[0] ?? / was false\. (.+)$/.exec(line)?.[1] ?? line
}

const hints = {
  cpu: 'npm install onnxruntime-node@1.30.0',
  cuda: 'mixflow setup cuda puts the provider and CUDA’s libraries there (Linux on x64); libcuda.so.1 is part of NVIDIA’s driver; or leave device out',
  webgpu: 'it needs a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12; or leave device out',
} as const satisfies Record<Device, string>

const unavailable = (device: Device, { reason, message, cause }: Problem): MixflowError =>
  new MixflowError('DEVICE_UNAVAILABLE', `the device "${device}" cannot be used: ${gist(message)}`, {
    hint: hints[device],
    details: { device, reason },
    ...(cause !== undefined && { cause }),
  })
