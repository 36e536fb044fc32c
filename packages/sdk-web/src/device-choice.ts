/** What `loadModel` would choose in this browser, for a page that wants to tell before there is a model. */
import { MixflowError } from '@mixflow/core'
import type { Precision } from '@mixflow/core/internal'
import type { Device } from './options.ts'

export interface DeviceChoice {
  readonly device: Device
  /** The precision that is preferred there; a model that has only the other is taken in that. */
  readonly dtype: Precision
  /** Why it is not WebGPU. */
  readonly note?: string
  /** The adapter that the browser offers, chosen or not; null without one. */
  readonly gpu: {
    /** As the browser tells it; may be empty. */
    readonly name: string
    readonly hasFloat16: boolean
    /** The processor imitates it. */
    readonly isFallback: boolean
  } | null
}

/**
 * The device and precision of `loadModel(…)` with `device: 'auto'`, short of trying a model: where it turns out not to work on the GPU, it
 * runs on WebAssembly all the same, and its `capabilities().note` says why.
 *
 * @throws MixflowError DEVICE_UNAVAILABLE outside of browsers
 */
export async function chooseDevice(): Promise<DeviceChoice> {
  if (globalThis.navigator === undefined || globalThis.location === undefined) {
    throw new MixflowError(
      'DEVICE_UNAVAILABLE',
      '@mixflow/sdk-web chooses among devices of browsers, and this is none',
      {
        hint: 'in a page that a server renders, call it in an event or effect',
      },
    )
  }
  const { choose, preferredPrecision } = await import('./local/choose-device.ts')
  const { adapter, found, note } = await choose('auto')
  const facts = found && { name: found.name, hasFloat16: found.hasFloat16, isFallback: found.isFallback }
  return {
    device: adapter === null ? 'wasm' : 'webgpu',
    dtype: preferredPrecision(adapter),
    gpu: facts ?? null,
    ...(note !== undefined && { note }),
  }
}
