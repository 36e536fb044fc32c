/**
 * The conformance suite in a real Chromium: on WebAssembly and on WebGPU in software, in the page's own thread and in a worker.
 * And the images of all of them against those of ONNX Runtime's CPU in Node.
 */
import type { SampleRequest, SourceFacts } from '@mixflow/core'
import { analyticSampler, goldenNoise, samplerConformance } from '@mixflow/core/testing'
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'
import { sampleInNode } from './fixtures/node-sampler.ts'
import type { PageLoad } from './fixtures/page.ts'

const executable = findChromium()
const source: SourceFacts = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: true,
  klWeight: 0,
}
const models = {
  classes: await smallModel({ classes: 3, source }),
  label: await smallModel({ classes: 3, source: { ...source, kappa: 'label' } }),
  told: await smallModel({ classes: 3, source: { ...source, encoderLabel: true } }),
}
const places = (['wasm', 'webgpu'] as const).flatMap(device =>
  [false, true].map(worker => [`${device}, ${worker ? 'in a worker' : 'in the page'}`, { device, worker }] as const),
)

describe.skipIf(executable === null)('in Chromium', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  it('the noise has the golden hash', async () => {
    expect(await open.call('noiseHash')).toBe(goldenNoise.sha256)
  })

  describe.each(places)('%s', (_, options) => {
    const wanted: PageLoad = { url: '/m/classes/', options: { ...options, cache: null } }
    // the names are the same for every model
    for (const { name } of samplerConformance(() => analyticSampler())) {
      it(name, async () => expect(await open.call('runCase', wanted, name)).toBeNull())
    }

    it('an encoder that is told the class is told it', async () => {
      for (const label of [0, 2]) {
        // as test-model makes it
        const mean = Math.tanh(1 + 0.1 * label)
        expect(await open.call('meanOfWhite', { ...wanted, url: '/m/told/' }, label)).toBeCloseTo(mean, 3)
      }
    })

    it('gives the images of Node, within the tolerance of its device', async () => {
      // 1/255 of the range of 2, and 2/255 for a GPU
      const tolerance = (options.device === 'wasm' ? 1 : 2) * (2 / 255)
      for (const request of [
        { count: 3, seed: 11, label: [2, 0, 1], guidance: 0.5, steps: 4 },
        { count: 2, seed: 12, label: 1, solver: 'rk4', steps: 2, mixtureWeight: 0.7 },
      ] satisfies SampleRequest[]) {
        const name = 'mixtureWeight' in request ? 'label' : 'classes'
        const found = await open.call<{ images: number[][]; capabilities: { device: string; note?: string } }>(
          'sample',
          { ...wanted, url: `/m/${name}/` },
          request,
        )
        expect(found.capabilities).toMatchObject({ device: options.device, dtype: 'float32' })
        expect(found.capabilities.note).toBeUndefined()
        const expected = await sampleInNode(models[name], request)
        const apart = expected.map((image, i) =>
          image.reduce((most, value, j) => Math.max(most, Math.abs(value - found.images[i]![j]!)), 0),
        )
        expect(Math.max(...apart)).toBeLessThan(tolerance)
      }
    })
  })
})
