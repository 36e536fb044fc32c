/** Where models shall run: what the SDK chooses, until something else is chosen here, which is then kept. */

export const deviceWishes = ['auto', 'webgpu', 'wasm'] as const
export type DeviceWish = (typeof deviceWishes)[number]

const key = 'mixflow-device'

export function wantedDevice(): DeviceWish {
  try {
    const kept = localStorage.getItem(key)
    return deviceWishes.find(device => device === kept) ?? 'auto'
  } catch {
    return 'auto'
  }
}

/** Models that are opened from now on run there. */
export function wantDevice(device: DeviceWish): void {
  try {
    localStorage.setItem(key, device)
  } catch {
    // a page that may store nothing does as the SDK chooses
  }
}
