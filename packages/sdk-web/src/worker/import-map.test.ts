/**
 * A page without a bundler: names are found by an import map, which workers do not have. The worker's own code is one file, and ONNX
 * Runtime is found by the addresses that the page's map gives.
 */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { openModelPage } from '../fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel() }
const scripts = {
  'onnxruntime-web/wasm': '/ort/ort.wasm.min.mjs',
  'onnxruntime-web/webgpu': '/ort/ort.webgpu.min.mjs',
}

interface Sampled {
  readonly images: readonly unknown[]
  readonly capabilities: { readonly device: string; readonly note?: string }
}

describe.skipIf(executable === null)('a page with an import map', () => {
  it('samples on either device, in a worker and in the page', async () => {
    await using open = await openModelPage(executable as string, models, { importMap: scripts })
    for (const [device, worker] of [
      ['wasm', true],
      ['webgpu', true],
      ['wasm', false],
    ] as const) {
      // nothing is said of where the runtime's files lie: they are beside its script
      const wanted = { url: '/m/good/', options: { device, worker, runtime: {} } }
      const { images, capabilities } = await open.call<Sampled>('sample', wanted, { seed: 1 })
      expect([images.length, capabilities.device, capabilities.note]).toEqual([1, device, undefined])
    }
    expect(open.modules.filter(name => name.includes('onnxruntime-web'))).toEqual([])
  })

  it('an address where there is no runtime is an error that names it', async () => {
    const importMap = { ...scripts, 'onnxruntime-web/wasm': '/ort/nothing.mjs' }
    await using open = await openModelPage(executable as string, models, { importMap })
    for (const worker of [true, false]) {
      const found = await open.call('refusal', { url: '/m/good/', options: { device: 'wasm', worker } })
      expect(found).toMatchObject({ code: 'PACKAGE_MISSING', message: expect.stringContaining('/ort/nothing.mjs') })
    }
  })
})
