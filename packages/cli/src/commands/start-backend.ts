/**
 * `useBackend` for a command line. A graphics driver may crash the process that opens WebGPU, so that is tried in a child process
 * first, and a crash becomes an error.
 */

import { MixflowError } from '@mixflow/core'
import { type BackendOptions, type UsedBackend, useBackend } from '@mixflow/train'

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
