/** Which device and precision a model runs with. Decided from what the browser offers, before anything is downloaded. */
import { MixflowError } from '@mixflow/core'
import type { Precision } from '@mixflow/core/internal'
import type { Device } from './options.ts'

/** The WebGPU adapter of the browser. */
export interface GpuFacts {
  /** As the browser reports it: description, or vendor and architecture; may be empty. */
  readonly name: string
  /** Whether it computes in float16 (`shader-f16`). */
  readonly hasFloat16: boolean
  /** Whether it is a software implementation that runs on the CPU. */
  readonly isFallback: boolean
}

export interface DeviceChoice {
  readonly device: Device
  /** The preferred precision on that device. A model that has only the other precision uses that one. */
  readonly dtype: Precision
  /** Why the device is not WebGPU. */
  readonly note?: string
  /** The adapter that the browser offers, whether chosen or not; null if there is none. */
  readonly gpu: GpuFacts | null
}

/**
 * Returns the device and precision that `loadModel` with `device: 'auto'` would choose in this browser. It does not try a model: one that
 * turns out not to work on the GPU runs on WebAssembly, and its `capabilities().note` says why.
 *
 * @throws MixflowError DEVICE_UNAVAILABLE outside of browsers
 */
export async function chooseDevice(): Promise<DeviceChoice> {
  if (globalThis.navigator === undefined || globalThis.location === undefined) {
    throw new MixflowError('DEVICE_UNAVAILABLE', 'chooseDevice of @mixflow/sdk-web needs a browser', {
      hint: 'in a page that is rendered on a server, call it in an event handler or effect',
    })
  }
  const { adapter, found, note } = await chooseAdapter('auto')
  return {
    device: adapter === null ? 'wasm' : 'webgpu',
    dtype: preferredPrecision(adapter?.facts),
    gpu: found?.facts ?? null,
    ...(note !== undefined && { note }),
  }
}

export interface Adapter {
  readonly gpu: GPUAdapter
  readonly facts: GpuFacts
}

export interface AdapterChoice {
  /** null: run on the CPU. */
  readonly adapter: Adapter | null
  /** The adapter that exists, chosen or not. */
  readonly found?: Adapter
  /** Why the model runs on the CPU although the GPU was not ruled out by the caller. */
  readonly note?: string
}

/** @throws MixflowError DEVICE_UNAVAILABLE if WebGPU was requested and there is no adapter */
export async function chooseAdapter(device: 'auto' | Device): Promise<AdapterChoice> {
  if (device === 'wasm') return { adapter: null }
  const found = await findAdapter()
  if (typeof found === 'string') {
    if (device === 'auto') return { adapter: null, note: found }
    throw gpuUnavailable(found)
  }
  if (device === 'webgpu' || !found.facts.isFallback) return { adapter: found, found }
  return { adapter: null, found, note: 'the only WebGPU adapter is a software implementation' }
}

/** Returns the adapter, or the reason why there is none. */
async function findAdapter(): Promise<Adapter | string> {
  const { gpu } = navigator as { readonly gpu?: GPU }
  if (gpu === undefined) return 'the browser does not support WebGPU'
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  if (adapter === null) return 'the browser has no WebGPU adapter'
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = false } = adapter.info ?? {}
  const name = description || [vendor, architecture].filter(part => part !== '').join(' ')
  const hasFloat16 = adapter.features.has('shader-f16')
  return { gpu: adapter, facts: { name, hasFloat16, isFallback: isFallbackAdapter } }
}

/** float16 pays off only where the GPU computes in it; a CPU would convert it to float32. */
export const preferredPrecision = (gpu: Pick<GpuFacts, 'hasFloat16'> | null | undefined): Precision =>
  gpu?.hasFloat16 === true ? 'float16' : 'float32'

export const gpuUnavailable = (reason: string, cause?: unknown): MixflowError =>
  new MixflowError('DEVICE_UNAVAILABLE', `WebGPU is not available: ${reason}`, {
    hint: 'use a browser and a GPU that support WebGPU, or leave device out',
    details: { device: 'webgpu' },
    ...(cause !== undefined && { cause }),
  })
