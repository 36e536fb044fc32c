/**
 * Loads native TensorFlow as a tfjs backend, only when asked for: the copy that the project has installed, if its addon is there,
 * else the one that `mixflow setup tensorflow` made. Both register themselves with the one tfjs engine of the process.
 *
 * Memory of a GPU is taken as it is needed, not all at once (TF_FORCE_GPU_ALLOW_GROWTH), unless the environment says otherwise.
 */

import { createRequire } from 'node:module'
import { MixflowError } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import { findPackage } from '../optional-package.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

/** The name that tfjs-node registers itself under. */
const registeredName = 'tensorflow'

/** What is read of tfjs-node's own backend object. */
interface NativeBackend {
  readonly isGPUPackage: boolean
  readonly isUsingGpuDevice: boolean
  readonly binding: { readonly TF_Version: string }
}

export interface NativeFacts {
  readonly kind: TfjsNodeKind
  readonly tensorflow: string
  readonly gpu: boolean
}

/**
 * Makes it tfjs's current backend.
 *
 * @throws MixflowError PACKAGE_MISSING if it is nowhere, DEVICE_UNAVAILABLE if it cannot be loaded, the other kind was before
 *   (a process can have only one), or `tfjs-node-gpu` sees no GPU.
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
    throw new MixflowError('DEVICE_UNAVAILABLE', 'TensorFlow was loaded, but it sees no GPU', {
      hint: 'nvidia-smi tells whether the driver does; set TF_CPP_MIN_LOG_LEVEL=0 to see what TensorFlow says; --backend tfjs-node is the CPU',
    })
  }
  return facts
}

/** Of the native backend, if it is tfjs's current one. */
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

/** Whether some copy can be found, working or not. */
export const isInstalled = (kind: TfjsNodeKind): boolean => copies(kind).length > 0

function load(kind: TfjsNodeKind): void {
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3' // it reports errors of its own start that are none
  mendUtil()
  let problem: unknown
  for (const copy of copies(kind)) {
    try {
      copy.load()
      return
    } catch (error) {
      problem = error // most often an installed package without its addon
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
  throw new MixflowError('DEVICE_UNAVAILABLE', `${parts[kind].package} is installed, but does not load: ${line}`, {
    hint: command,
    cause: problem,
  })
}

/** tfjs-node calls two functions of node:util that Node 22 warns of and Node 23 has no more. */
function mendUtil(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) return
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}
