/** What the browser reports about the device. */
import { chooseDevice, type DeviceChoice } from '@mixflow/sdk-web'

export interface Machine {
  readonly choice: DeviceChoice
  readonly isSecure: boolean
  readonly isIsolated: boolean
  /** Logical processors. */
  readonly processors: number
  readonly hasSimd: boolean
  /** In GB, rounded and capped by the browser; null if unknown. */
  readonly memory: number | null
  /** In bytes; null if unknown. */
  readonly storage: { readonly quota: number; readonly usage: number } | null
  readonly browser: string
}

/** A module with one SIMD instruction: `v128.const` and `drop`. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12],
  ...new Array<number>(16).fill(0),
  ...[26, 11],
)

export async function detectMachine(): Promise<Machine> {
  const { deviceMemory } = navigator as { readonly deviceMemory?: number }
  const estimate = await navigator.storage?.estimate().catch(() => undefined)
  return {
    choice: await chooseDevice(),
    isSecure: isSecureContext,
    isIsolated: crossOriginIsolated,
    processors: navigator.hardwareConcurrency,
    hasSimd: WebAssembly.validate(simdModule),
    memory: deviceMemory ?? null,
    storage: estimate === undefined ? null : { quota: estimate.quota ?? 0, usage: estimate.usage ?? 0 },
    browser: browserName(),
  }
}

interface Brand {
  readonly brand: string
  readonly version: string
}

/** Brands and platform if the browser reports them, else its user agent. */
function browserName(): string {
  const { userAgentData } = navigator as {
    readonly userAgentData?: { readonly brands: readonly Brand[]; readonly platform: string }
  }
  // browsers add a random brand such as "Not=A?Brand"
  const brands = (userAgentData?.brands ?? []).filter(({ brand }) => !/not.*brand/i.test(brand))
  if (userAgentData === undefined || brands.length === 0) return navigator.userAgent
  return `${brands.map(({ brand, version }) => `${brand} ${version}`).join(', ')} on ${userAgentData.platform}`
}
