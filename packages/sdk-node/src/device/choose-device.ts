/**
 * Chooses the device of the networks: the CPU, CUDA or WebGPU, each an execution provider of onnxruntime-node. A device is tested
 * by running a graph on it (try-device.ts), once per process and before any file of a model is read.
 *
 * `auto` is CUDA if its provider is set up and works, else the CPU. It is never WebGPU, whose adapter may be software rendering.
 */
import { MixflowError } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import { cudaLibraries, missingForCuda } from './cuda.ts'
import { type Problem, type Reason, type Trial, tryDevice, tryDeviceInChild } from './try-device.ts'

export const devices = ['cpu', 'cuda', 'webgpu'] as const

export type Device = (typeof devices)[number]

export interface ChosenDevice {
  readonly device: Device
  /** Why `auto` did not choose a faster device. */
  readonly note?: string
}

/** @throws MixflowError DEVICE_UNAVAILABLE with what is missing; details: `device` and `reason`, a `Reason` */
export async function chooseDevice(requested: Device | 'auto'): Promise<ChosenDevice> {
  const device = requested === 'auto' ? 'cuda' : requested
  const problem = await problemOf(device)
  if (problem === null) return { device }
  if (requested !== 'auto') throw unavailable(requested, problem)
  return { device: 'cpu', note: `no CUDA: ${gist(problem.message)}; WebGPU is used only on request` }
}

const tried = new Map<Device, Promise<Problem | null>>()

/** Tests a device once per process. Returns null if it works. */
function problemOf(device: Device): Promise<Problem | null> {
  const known = tried.get(device) ?? trials[device]()
  tried.set(device, known)
  return known
}

const trials = {
  cpu: async () => null,
  cuda: async () => missingFor('cuda') ?? tryHere('cuda'),
  webgpu: async () => (await tryDeviceInChild(trialOf('webgpu'))) ?? tryHere('webgpu'),
} as const satisfies Record<Device, () => Promise<Problem | null>>

function missingFor(device: Device): Problem | null {
  const message = device === 'cuda' ? missingForCuda() : null
  return message === null ? null : { reason: 'missing', message }
}

const trialOf = (device: Device): Trial => ({
  provider: device,
  libraries: device === 'cuda' ? cudaLibraries() : [],
})

async function tryHere(device: Device): Promise<Problem | null> {
  try {
    await tryDevice(trialOf(device))
    return null
  } catch (cause) {
    return { reason: 'refused', message: cause instanceof Error ? cause.message : String(cause), cause }
  }
}

/** Why a device cannot be used, and how to fix it. */
export interface DeviceProblem {
  readonly reason: Reason
  readonly message: string
  readonly hint: string
}

/**
 * Tests whether a device can be used, in a child process, so that a driver that crashes does not end this one. Results are not
 * cached.
 *
 * @returns null if the device works
 */
export async function deviceProblem(device: Device): Promise<DeviceProblem | null> {
  checkWord(device, devices, { what: 'device' })
  const problem = missingFor(device) ?? (await tryDeviceInChild(trialOf(device)))
  return problem && described(device, problem)
}

/** The essence of an error of ONNX Runtime, without positions in its source. */
function gist(message: string): string {
  const line = message.trim().split('\n')[0] as string
  return /CUDA failure \d+: [^;]+/.exec(line)?.[0] ?? / was false\. (.+)$/.exec(line)?.[1] ?? line
}

const hints = {
  cpu: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
  cuda: 'run mixflow setup cuda, which installs the provider and CUDA’s libraries (Linux on x64); libcuda.so.1 is part of NVIDIA’s driver',
  webgpu: 'use a machine with a GPU and a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12',
} as const satisfies Record<Device, string>

function described(device: Device, { reason, message }: Problem): DeviceProblem {
  const isDriver = device !== 'cpu' && (reason === 'crashed' || reason === 'silent')
  return { reason, message: gist(message), hint: isDriver ? 'update its driver' : hints[device] }
}

function unavailable(device: Device, problem: Problem): MixflowError {
  const { reason, message, hint } = described(device, problem)
  return new MixflowError('DEVICE_UNAVAILABLE', `the device "${device}" cannot be used: ${message}`, {
    hint: `${hint}; or leave device out`,
    details: { device, reason },
    ...(problem.cause !== undefined && { cause: problem.cause }),
  })
}
