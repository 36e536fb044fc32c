/**
 * Where networks run: the CPU, CUDA or WebGPU, each a provider of onnxruntime-node. Whether a device can be used is found out by
 * using it (one-node.ts), once in a process; what stands in the way is said as exactly as the system tells, before any file of a
 * model is read.
 *
 * `auto` is CUDA where its provider was set up and works, else the CPU. It is never WebGPU: in Node, an adapter may well be a
 * processor that imitates one.
 */
import { MixflowError } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import { cudaLibraries, missingForCuda } from './cuda.ts'
import { type Problem, type Reason, runOneNode, runOneNodeInChild, type Trial } from './one-node.ts'

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
  cuda: async () => missingFor('cuda') ?? tryHere('cuda'),
  webgpu: async () => (await runOneNodeInChild(trialOf('webgpu'))) ?? tryHere('webgpu'),
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
    await runOneNode(trialOf(device))
    return null
  } catch (cause) {
    return { reason: 'refused', message: cause instanceof Error ? cause.message : String(cause), cause }
  }
}

/** Why a device cannot be used, and what to do. */
export interface DeviceProblem {
  readonly reason: Reason
  readonly message: string
  readonly hint: string
}

/**
 * Whether a device can be used, for whoever wants to know and not to use it: found out in a child process alone, so that nothing that a
 * driver does, a crash included, reaches this one. Asks anew each time.
 *
 * @returns null where it can be used
 */
export async function deviceProblem(device: Device): Promise<DeviceProblem | null> {
  checkWord(device, devices, { what: 'device' })
  const problem = missingFor(device) ?? (await runOneNodeInChild(trialOf(device)))
  return problem && told(device, problem)
}

/** Of what ONNX Runtime says what happened, without where in its source. */
function gist(message: string): string {
  const line = message.trim().split('\n')[0] as string
  return /CUDA failure \d+: [^;]+/.exec(line)?.[0] ?? / was false\. (.+)$/.exec(line)?.[1] ?? line
}

const hints = {
  cpu: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
  cuda: 'mixflow setup cuda puts the provider and CUDA’s libraries there (Linux on x64); libcuda.so.1 is part of NVIDIA’s driver',
  webgpu: 'it needs a GPU with a driver for Vulkan (Linux: libvulkan1), Metal or Direct3D 12',
} as const satisfies Record<Device, string>

function told(device: Device, { reason, message }: Problem): DeviceProblem {
  const isDriver = device !== 'cpu' && (reason === 'crashed' || reason === 'silent')
  return { reason, message: gist(message), hint: isDriver ? 'update its driver' : hints[device] }
}

function unavailable(device: Device, problem: Problem): MixflowError {
  const { reason, message, hint } = told(device, problem)
  return new MixflowError('DEVICE_UNAVAILABLE', `the device "${device}" cannot be used: ${message}`, {
    hint: `${hint}; or leave device out`,
    details: { device, reason },
    ...(problem.cause !== undefined && { cause: problem.cause }),
  })
}
