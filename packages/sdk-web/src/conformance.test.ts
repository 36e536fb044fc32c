/**
 * The conformance suite in Chromium, on WebAssembly and on software WebGPU, in the page and in a worker; and their images compared with
 * those of ONNX Runtime on the CPU in Node.
 */
import type { SampleRequest, SourceFacts } from '@mixflow/core'
import {
  analyticSampler,
  classesOf,
  conformanceSources,
  goldenNoise,
  samplerConformance,
  sourceName,
} from '@mixflow/core/testing'
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
}
/** A model of each source, `source0` and so on. */
const ofSources = await Promise.all(
  conformanceSources.map(async (facts, i) => {
    const files = await smallModel({ classes: classesOf(facts) ?? 0, source: facts })
    return [`source${i}`, files] as const
  }),
)
const setups = (['wasm', 'webgpu'] as const).flatMap(device =>
  [false, true].map(worker => [`${device}, ${worker ? 'in a worker' : 'in the page'}`, { device, worker }] as const),
)

describe.skipIf(executable === null)('in Chromium', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, { ...models, ...Object.fromEntries(ofSources) })
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  it('the noise has the golden hash', async () => {
    expect(await open.call('noiseHash')).toBe(goldenNoise.sha256)
  })

  describe.each(setups)('%s', (_, options) => {
    const target: PageLoad = { url: '/m/classes/', options: { ...options, cache: null } }
    // every model has the same cases
    for (const { name } of samplerConformance(() => analyticSampler())) {
      it(name, async () => expect(await open.call('runCase', target, name)).toBeNull())
    }

    it.each(conformanceSources.map((facts, i) => [sourceName(facts), i] as const))('%s', async (_, index) => {
      expect(await open.call('runSource', { ...target, url: `/m/source${index}/` }, index)).toEqual([])
    })

    it('returns the images of Node, within the tolerance of the device', async () => {
      // 1/255 of the range [-1, 1], 2/255 for a GPU
      const tolerance = (options.device === 'wasm' ? 1 : 2) * (2 / 255)
      for (const request of [
        { count: 3, seed: 11, label: [2, 0, 1], guidance: 0.5, steps: 4 },
        { count: 2, seed: 12, label: 1, solver: 'rk4', steps: 2, mixtureWeight: 0.7 },
      ] satisfies SampleRequest[]) {
        const name = 'mixtureWeight' in request ? 'label' : 'classes'
        const found = await open.call<{ images: number[][]; capabilities: { device: string; note?: string } }>(
          'sample',
          { ...target, url: `/m/${name}/` },
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
