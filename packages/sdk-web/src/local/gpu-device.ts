/**
 * The GPU device of this thread. All models share one, so that each shader is compiled once; the last lease that ends destroys it.
 * A device can be lost at any time, and work on a lost device may never end, so whoever waits for it also waits for the loss.
 */
import { MixflowError } from '@mixflow/core'
import { nextTask } from './next-task.ts'

export interface DeviceLease {
  readonly device: GPUDevice
  /** Ends the lease. Calls after the first have no effect. */
  release(): void
}

let shared: { readonly promise: Promise<GPUDevice>; users: number } | undefined

export async function leaseDevice(adapter: GPUAdapter): Promise<DeviceLease> {
  const current = (shared ??= { promise: requestDevice(adapter), users: 0 })
  current.users++
  const forget = () => {
    if (shared === current) shared = undefined
  }
  try {
    const device = await current.promise
    device.lost.then(forget)
    let isHeld = true
    return {
      device,
      release() {
        if (isHeld) current.users--
        isHeld = false
        if (current.users > 0) return
        forget()
        device.destroy()
      },
    }
  } catch (error) {
    forget()
    throw error
  }
}

/** The features that ONNX Runtime uses. */
const features = ['shader-f16', 'subgroups'] as const
/** Requested at the adapter's maximum. */
const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const

function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const known = limits.map(name => [name, adapter.limits[name]] as const).filter(([, limit]) => limit !== undefined)
  return adapter.requestDevice({
    requiredFeatures: features.filter(name => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: Object.fromEntries(known),
  })
}

export interface DeviceWatch {
  /** Set before the device is destroyed on purpose. */
  expected: boolean
  /** The error after an unexpected loss; null while the device works. */
  lost(): MixflowError | null
  /** Settles as `work` does, or rejects with DEVICE_LOST as soon as the device is lost. */
  unlessLost<T>(work: Promise<T>): Promise<T>
}

export function watchDevice(device: GPUDevice): DeviceWatch {
  let error: MixflowError | null = null
  const loss = device.lost.then(({ message }): never => {
    if (!watch.expected) error = deviceLost(message)
    throw error ?? deviceLost('it was released')
  })
  loss.catch(() => {})
  const watch: DeviceWatch = {
    expected: false,
    lost: () => error,
    unlessLost: work =>
      Promise.race([work, loss]).catch(async cause => {
        // work on a lost device fails in many ways, some of them before `device.lost` resolves
        await nextTask()
        throw error ?? cause
      }),
  }
  return watch
}

const deviceLost = (message: string) =>
  new MixflowError('DEVICE_LOST', `the GPU was lost: ${message || 'the browser gives no reason'}`, {
    hint: 'repeat the call: the model restarts, once on the GPU, after a second loss on WebAssembly',
  })
