/** The directives of a Content-Security-Policy that a page needs: it works with all of them, and fails without any one. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel() }

/** The strictest policy that works. */
const policy = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'connect-src': "'self'",
  'worker-src': "'self'",
}

const headers = (directives: Readonly<Record<string, string>>) => ({
  'content-security-policy': Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; '),
})

interface Sampled {
  readonly images: readonly (readonly number[])[]
  readonly capabilities: { readonly device: string; readonly note?: string }
}

describe.skipIf(executable === null)('under a strict policy', () => {
  it.each(['wasm', 'webgpu'] as const)('%s works, in a worker and in the page', async device => {
    await using open = await openModelPage(executable as string, models, { headers: headers(policy) })
    for (const worker of [true, false]) {
      const target = { url: '/m/good/', options: { device, worker } }
      const { capabilities, images } = await open.call<Sampled>('sample', target, { seed: 1 })
      expect(images).toHaveLength(1)
      expect(capabilities).toMatchObject({ device })
      expect(capabilities.note).toBeUndefined()
    }
  })

  it("without 'wasm-unsafe-eval' neither device starts, and the error names it", async () => {
    const directives = { ...policy, 'script-src': "'self'" }
    await using open = await openModelPage(executable as string, models, { headers: headers(directives) })
    for (const device of ['wasm', 'webgpu']) {
      const target = { url: '/m/good/', options: { device, worker: false } }
      const { code, hint } = await open.call<{ code: string; hint: string }>('refusal', target)
      expect([code, /wasm-unsafe-eval/.test(hint)]).toEqual(['DEVICE_UNAVAILABLE', true])
    }
  })

  it('without worker-src the model runs in the page, and the note says why', async () => {
    const directives = { ...policy, 'worker-src': "'none'" }
    await using open = await openModelPage(executable as string, models, { headers: headers(directives) })
    const { capabilities } = await open.call<Sampled>(
      'sample',
      { url: '/m/good/', options: { device: 'wasm' } },
      { seed: 1 },
    )
    expect(capabilities.note).toMatch(/no worker could be started/)
  })

  it('without connect-src nothing is fetched, and the hint names it', async () => {
    const directives = { ...policy, 'connect-src': "'none'" }
    await using open = await openModelPage(executable as string, models, { headers: headers(directives) })
    const target = { url: '/m/good/', options: { device: 'wasm', worker: false } }
    const { code, hint } = await open.call<{ code: string; hint: string }>('refusal', target)
    expect([code, /connect-src/.test(hint)]).toEqual(['DOWNLOAD_OFFLINE', true])
  })
})
