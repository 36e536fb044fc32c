/**
 * `useBackend` for a command that was told where to compute. A graphics driver can crash the process that asks for it, so WebGPU is
 * tried in a child process before: then the command ends with an error that says so.
 */

import { MixflowError } from '@mixflow/core'
import { type BackendOptions, type UsedBackend, useBackend } from '@mixflow/train'

/** @throws MixflowError DEVICE_UNAVAILABLE, and what `useBackend` throws */
export async function startBackend(options: BackendOptions): Promise<UsedBackend> {
  if (options.device === 'webgpu' || options.backend === 'webgpu') await tryWebgpu()
  return useBackend(options)
}

async function tryWebgpu(): Promise<void> {
  const { deviceProblem } = await import('@mixflow/sdk-node')
  const problem = await deviceProblem('webgpu')
  if (problem === null) return
  const { reason, message, hint } = problem
  throw new MixflowError('DEVICE_UNAVAILABLE', `the device "webgpu" cannot be used: ${message}`, {
    hint: `${hint}; or choose another with --device`,
    details: { device: 'webgpu', reason },
  })
}
