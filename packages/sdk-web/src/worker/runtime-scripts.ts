/**
 * Where a page with an import map has ONNX Runtime's scripts. Workers have no import maps, so the page resolves the names and
 * the worker imports addresses. Where a bundler has resolved the names the page cannot, and the worker need not be told.
 */
import type { Device, PlainOptions } from '../options.ts'

export function runtimeScripts(): NonNullable<PlainOptions['runtime']['scripts']> {
  const scripts: Partial<Record<Device, string>> = {}
  for (const device of ['webgpu', 'wasm'] as const) {
    try {
      // not a literal name, which bundlers would look for
      const address: unknown = import.meta.resolve(`onnxruntime-web/${device}`)
      if (typeof address === 'string' && /^https?:/.test(address)) scripts[device] = address
    } catch {
      // no import map, or one without this name
    }
  }
  return scripts
}
