/** The device on which the visitor wants models to run, remembered by the browser. */

export const deviceOptions = ['auto', 'webgpu', 'wasm'] as const
export type DeviceOption = (typeof deviceOptions)[number]

const key = 'mixflow-device'

export function preferredDevice(): DeviceOption {
  try {
    const stored = localStorage.getItem(key)
    return deviceOptions.find(device => device === stored) ?? 'auto'
  } catch {
    return 'auto'
  }
}

/** Affects models that are loaded from now on. */
export function setPreferredDevice(device: DeviceOption): void {
  try {
    localStorage.setItem(key, device)
  } catch {
    // without storage the choice stays `auto`
  }
}
