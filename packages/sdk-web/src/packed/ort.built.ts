/**
 * ONNX Runtime's script as the package ships it: a function that makes an instance. ONNX Runtime remembers a start that failed, for
 * as long as its instance lives, so each start has its own.
 */

import type { Device, PlainOptions } from '../options.ts'
import { importAgain } from './import-again.ts'
import type { Ort } from './ort.ts'

/** @throws MixflowError PACKAGE_MISSING */
export async function createOrt(device: Device, { threadScript }: PlainOptions['runtime']): Promise<Ort> {
  const { create } = await importAgain(() =>
    device === 'webgpu' ? import('../bundle/ort-webgpu.js') : import('../bundle/ort-wasm.js'),
  )
  const ort = create(threadScript && `${threadScript}#${device}`)
  if (threadScript === undefined) ort.env.wasm.numThreads = 1
  return ort
}
