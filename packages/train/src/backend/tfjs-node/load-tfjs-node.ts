/**
 * Loads native TensorFlow as a tfjs backend: the copy installed in the project if its addon works, else the one that `mixflow setup
 * tensorflow` made. GPU memory is allocated on demand (TF_FORCE_GPU_ALLOW_GROWTH) unless the environment sets that variable.
 */

import { createRequire } from 'node:module'
import { MixflowError } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import { findPackage } from '../optional-package.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

/** The name that tfjs-node registers itself under. */
const registeredName = 'tensorflow'

/** The parts of tfjs-node's backend object that are used. */
interface NativeBackend {
  readonly isGPUPackage: boolean
  readonly isUsingGpuDevice: boolean
  readonly binding: { readonly TF_Version: string }
}

interface NativeFacts {
  readonly kind: TfjsNodeKind
  readonly tensorflow: string
  readonly gpu: boolean
}

/**
 * Makes it the current backend of tfjs.
 *
 * @throws MixflowError PACKAGE_MISSING if it is not installed; DEVICE_UNAVAILABLE if it cannot be loaded, if the other kind is
 *   already loaded (a process can have only one), or if `tfjs-node-gpu` finds no GPU
 */
export async function loadTfjsNode(kind: TfjsNodeKind): Promise<NativeFacts> {
  if (tf.findBackend(registeredName) === null) load(kind)
  await tf.setBackend(registeredName)
  const facts = nativeFacts() as NativeFacts
  if (facts.kind !== kind) {
    throw new MixflowError('DEVICE_UNAVAILABLE', `${kind} cannot be loaded beside ${facts.kind}`, {
      hint: 'use one of the two in a process',
    })
  }
  if (kind === 'tfjs-node-gpu' && !facts.gpu) {
    throw new MixflowError('DEVICE_UNAVAILABLE', 'TensorFlow found no GPU', {
      hint: 'check the driver with nvidia-smi; set TF_CPP_MIN_LOG_LEVEL=0 to see messages of TensorFlow; --backend tfjs-node uses the CPU',
    })
  }
  return facts
}

/** Facts about the native backend if it is the current one; else null. */
export function nativeFacts(): NativeFacts | null {
  if (tf.getBackend() !== registeredName) return null
  const { isGPUPackage, isUsingGpuDevice, binding } = tf.backend() as unknown as NativeBackend
  return {
    kind: isGPUPackage ? 'tfjs-node-gpu' : 'tfjs-node',
    tensorflow: binding.TF_Version,
    gpu: isUsingGpuDevice === true,
  }
}

const copies = (kind: TfjsNodeKind) => findPackage(parts[kind].package, [tfjsNodeFolder(kind)])

/** Whether a copy is installed, working or not. */
export const isInstalled = (kind: TfjsNodeKind): boolean => copies(kind).length > 0

function load(kind: TfjsNodeKind): void {
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3' // hides harmless messages at start
  restoreUtil()
  let problem: unknown
  for (const copy of copies(kind)) {
    try {
      copy.load()
      return
    } catch (error) {
      problem = error // usually an installed package without its addon
    }
  }
  const command = `mixflow setup tensorflow${kind === 'tfjs-node-gpu' ? ' --gpu' : ''}`
  if (problem === undefined) {
    throw new MixflowError('PACKAGE_MISSING', `${parts[kind].package} is not installed`, {
      hint: `${command}   (${parts[kind].size})`,
      details: { package: parts[kind].package },
    })
  }
  const [line] = String(problem).split('\n')
  throw new MixflowError('DEVICE_UNAVAILABLE', `${parts[kind].package} is installed, but cannot be loaded: ${line}`, {
    hint: command,
    cause: problem,
  })
}

/** Restores two functions of node:util that tfjs-node calls, which Node 22 deprecates and Node 23 has removed. */
function restoreUtil(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) return
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}
