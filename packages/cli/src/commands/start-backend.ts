/**
 * `useBackend` for a command line: the options --backend, --device and --dtype. A graphics driver may crash the process that opens WebGPU,
 * so that is tried in a child process first, and a crash becomes an error.
 */

import { MixflowError } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import {
  type BackendOptions,
  backendNames,
  deviceNames,
  dtypeNames,
  type UsedBackend,
  useBackend,
} from '@mixflow/train'

/** As on the command line. */
export interface BackendFlags {
  readonly backend?: string | undefined
  readonly device?: string | undefined
  readonly dtype?: string | undefined
}

export type BackendChoice = Pick<BackendOptions, 'backend' | 'device' | 'dtype'>

/** undefined without options. A dtype alone chooses torch, a device alone onnx. @throws MixflowError ARGUMENT_INVALID */
export function requestedBackend({ backend, device, dtype }: BackendFlags): BackendChoice | undefined {
  if (backend === undefined && device === undefined && dtype === undefined) return undefined
  return {
    backend: checkWord(backend ?? (dtype === undefined ? 'onnx' : 'torch'), ['auto', ...backendNames], {
      what: 'backend',
    }),
    ...(device === undefined ? {} : { device: checkWord(device, ['auto', ...deviceNames], { what: 'device' }) }),
    ...(dtype === undefined ? {} : { dtype: checkWord(dtype, dtypeNames, { what: 'dtype' }) }),
  }
}

/** @throws MixflowError DEVICE_UNAVAILABLE, and as `useBackend` */
export async function startBackend(options: BackendOptions): Promise<UsedBackend> {
  if (options.device !== 'webgpu' && options.backend !== 'webgpu') return useBackend(options)
  const { deviceProblem } = await import('@mixflow/sdk-node')
  const problem = await deviceProblem('webgpu')
  if (problem === null) return useBackend(options)
  const { reason, message, hint } = problem
  throw new MixflowError('DEVICE_UNAVAILABLE', `the device "webgpu" cannot be used: ${message}`, {
    hint: `${hint}; or choose another with --device`,
    details: { device: 'webgpu', reason },
  })
}
