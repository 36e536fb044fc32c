/** Makes libtorch tfjs's current backend. */

import { registerGradients } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { TorchBackend } from './backend.ts'
import { TorchBackendError } from './errors.ts'
import { registerFusedGradients } from './kernels/fused.ts'
import { registerKernels } from './kernels/register.ts'
import { findLibrary } from './library/find-library.ts'
import { type DeviceName, deviceTypes, loadLibtorch } from './library/libtorch.ts'
import { type LibraryFacts, tryLibrary } from './library/try-library.ts'
import { type Precision, Torch } from './torch.ts'

export const backendName = 'torch'

export interface TorchBackendOptions {
  /** Default: 'auto', the first of cuda, mps, xpu that the library computes on here, else cpu. */
  readonly device?: DeviceName | 'auto'
  /**
   * Precision of matrix products and convolutions; all else, and what they accumulate, is float32. Default: 'float32'
   */
  readonly dtype?: Precision
  /** Size of libtorch's thread pool on a CPU; the first load in a process decides. Default: one thread per physical core */
  readonly threads?: number
  /** The folder `torch/lib` of a wheel. Default: TORCH_LIB, then `folders`, then the package torch of the active Python */
  readonly library?: string
  /** Folders to look into before Python is asked. */
  readonly folders?: readonly string[]
}

const optionNames = [
  'device',
  'dtype',
  'threads',
  'library',
  'folders',
] as const satisfies (keyof TorchBackendOptions)[]
const devices = ['auto', ...Object.keys(deviceTypes)]
const preferred = ['cuda', 'mps', 'xpu', 'cpu'] as const

/** What is loaded: a process holds one libtorch. */
let loaded:
  | { readonly folder: string; readonly library: ReturnType<typeof loadLibtorch>; readonly facts: LibraryFacts }
  | undefined

/**
 * Registers the backend if it is not registered yet, makes it tfjs's current one, and returns it. A call with another device or precision
 * replaces the backend, which must not hold tensors then.
 *
 * @throws TorchBackendError OPTION_INVALID, LIBRARY_MISSING, LIBRARY_UNSUPPORTED, DEVICE_MISSING
 */
export async function useTorchBackend(options: TorchBackendOptions = {}): Promise<TorchBackend> {
  checkOptions(options)
  const { device: choice = 'auto', dtype = 'float32' } = options
  loaded ??= await load(options)
  const { library, facts, folder } = loaded
  const device = choice === 'auto' ? (preferred.find(one => facts.devices.includes(one)) as DeviceName) : choice
  if (!facts.devices.includes(device)) {
    throw new TorchBackendError(
      'DEVICE_MISSING',
      `libtorch ${facts.version} of ${folder} cannot compute on "${device}" here`,
      {
        hint: `devices that work: ${facts.devices.join(', ')}. For CUDA a wheel with CUDA and NVIDIA's driver are needed`,
      },
    )
  }
  const before = tf.findBackend(backendName) as TorchBackend | null
  if (before?.torch.device !== device || before.torch.precision !== dtype) {
    if (before === null) {
      registerKernels(backendName)
      registerGradients()
      registerFusedGradients()
    } else remove(before)
    const torch = new Torch(library, { device, precision: dtype })
    tf.registerBackend(backendName, () => new TorchBackend(torch))
  }
  await tf.setBackend(backendName)
  await tf.ready()
  return tf.backend() as TorchBackend
}

async function load({ library, folders, threads }: TorchBackendOptions) {
  const folder = await findLibrary({ library, folders })
  const facts = await tryLibrary(folder)
  return { folder, facts, library: loadLibtorch(folder, { threads, cuda: facts.devices.includes('cuda') }) }
}

function remove(backend: TorchBackend): void {
  const left = backend.numDataIds()
  if (left > 0) {
    throw new TorchBackendError('OPTION_INVALID', `the backend on "${backend.device}" still holds ${left} tensors`, {
      hint: 'choose device and dtype before making tensors, or dispose of them first',
    })
  }
  tf.removeBackend(backendName)
}

function checkOptions(options: TorchBackendOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new TorchBackendError('OPTION_INVALID', message, { hint })
  }
  const unknown = Object.keys(options).find(key => !(optionNames as readonly string[]).includes(key))
  if (unknown !== undefined)
    refuse(`unknown option "${unknown}" of useTorchBackend`, `options: ${optionNames.join(', ')}`)
  const { device = 'auto', dtype = 'float32', threads } = options
  if (!devices.includes(device)) refuse(`unknown device "${device}"`, `devices: ${devices.join(', ')}`)
  if (dtype !== 'float32' && dtype !== 'bfloat16') refuse(`unknown dtype "${dtype}"`, "use 'float32' or 'bfloat16'")
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 1024)) {
    refuse(`threads is ${threads}`, 'pass an integer from 1 to 1024, or leave it out')
  }
}
