/** Where a model will run and in which precision: decided from what the browser has, before anything is downloaded. */
import type { Precision } from '@mixflow/core/internal'
import type { Device } from '../options.ts'
import { type Adapter, findAdapter, gpuUnavailable } from './adapter.ts'

export interface Choice {
  /** null: the processor. */
  readonly adapter: Adapter | null
  /** The adapter that there is, chosen or not. */
  readonly found?: Adapter
  /** Why it is the processor, where the GPU might have been. */
  readonly note?: string
}

/** @throws MixflowError DEVICE_UNAVAILABLE where WebGPU was asked for and there is none */
export async function choose(device: 'auto' | Device): Promise<Choice> {
  if (device === 'wasm') return { adapter: null }
  const found = await findAdapter()
  if ('missing' in found) {
    if (device === 'auto') return { adapter: null, note: found.missing }
    throw gpuUnavailable(found.missing)
  }
  if (device === 'webgpu' || !found.isFallback) return { adapter: found, found }
  return { adapter: null, found, note: 'the only adapter for WebGPU is the processor' }
}

/** float16 is worth it where the GPU computes with it; a processor would only convert it. */
export const preferredPrecision = (adapter: Pick<Adapter, 'hasFloat16'> | null): Precision =>
  adapter?.hasFloat16 === true ? 'float16' : 'float32'
