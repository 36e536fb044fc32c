/** The GPU of the page, if it has one: the adapter's facts before anything is downloaded, then a device of our own. */
import { MixflowError } from '@mixflow/core'

export interface Adapter {
  /** As the browser tells it: maker and architecture, or ''. */
  readonly name: string
  /** Computes with 16-bit floats. */
  readonly hasFloat16: boolean
  /** The processor imitates it. */
  readonly isFallback: boolean
  requestDevice(): Promise<DeviceLease>
}

/** A share in the device: the last one that is given back lets go of it. */
export interface DeviceLease {
  readonly device: GPUDevice
  giveBack(): void
}

/** null, with the reason, where there is none. */
export async function findAdapter(): Promise<Adapter | { readonly missing: string }> {
  const { gpu } = navigator as { readonly gpu?: GPU }
  if (gpu === undefined) return { missing: 'the browser has no WebGPU' }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  if (adapter === null) return { missing: 'the browser has no adapter for WebGPU' }
  const { vendor = '', architecture = '', description = '' } = adapter.info ?? {}
  return {
    name: description || [vendor, architecture].filter(part => part !== '').join(' '),
    hasFloat16: adapter.features.has('shader-f16'),
    isFallback: adapter.info?.isFallbackAdapter === true,
    requestDevice: () => leaseDevice(adapter),
  }
}

interface SharedDevice {
  readonly promise: Promise<GPUDevice>
  users: number
}

/** One for all models of this thread, so that a shader is compiled once. */
let shared: SharedDevice | undefined

async function leaseDevice(adapter: GPUAdapter): Promise<DeviceLease> {
  const mine = (shared ??= { promise: requestDevice(adapter), users: 0 })
  mine.users++
  const forget = () => {
    if (shared === mine) shared = undefined
  }
  try {
    const device = await mine.promise
    device.lost.then(forget)
    let isMine = true
    return {
      device,
      giveBack() {
        if (isMine) mine.users--
        isMine = false
        if (mine.users > 0) return
        forget()
        device.destroy()
      },
    }
  } catch (error) {
    forget()
    throw error
  }
}

/** With all of the adapter's room for buffers, and the features that ONNX Runtime makes use of. */
function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const { features, limits } = adapter
  const wanted = ['shader-f16', 'subgroups'] as const
  const room = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'] as const
  const sizes = [
    ...['maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX', 'maxComputeWorkgroupSizeY'],
    ...['maxComputeWorkgroupSizeZ', 'maxComputeWorkgroupsPerDimension', 'maxStorageBuffersPerShaderStage'],
  ] as const
  const requiredLimits: Record<string, number> = {}
  for (const name of [...room, ...sizes]) {
    const limit = (limits as unknown as Record<string, number | undefined>)[name]
    if (limit !== undefined) requiredLimits[name] = limit
  }
  const requiredFeatures = wanted.filter(name => features.has(name)) as GPUFeatureName[]
  return adapter.requestDevice({ requiredFeatures, requiredLimits })
}

export const gpuUnavailable = (reason: string, cause?: unknown): MixflowError =>
  new MixflowError('DEVICE_UNAVAILABLE', `the device "webgpu" cannot be used: ${reason}`, {
    hint: 'use a browser and a GPU with WebGPU, or leave device out',
    details: { device: 'webgpu' },
    ...(cause !== undefined && { cause }),
  })
