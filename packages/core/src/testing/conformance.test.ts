import { describe, expect, it } from 'vitest'
import type { Sampler } from '../sampler/sampler.ts'
import { analyticModel, analyticSampler } from './analytic-model.ts'
import {
  classesOf,
  conformanceSources,
  referenceEncoder,
  samplerConformance,
  sourceConformance,
  sourceName,
} from './conformance.ts'

describe('a sampler of the analytic model', () => {
  for (const { name, run } of samplerConformance(() => analyticSampler())) it(name, run)
})

describe('a sampler without classes', () => {
  for (const { name, run } of samplerConformance(() => analyticSampler({ classes: null }))) it(name, run)
})

describe.each(conformanceSources.map(facts => [sourceName(facts), facts] as const))('a sampler with %s', (_, facts) => {
  const options = { classes: classesOf(facts), model: { source: facts } }
  const { model } = analyticModel(options)
  const source = { facts, encode: referenceEncoder(facts, model.image) }
  for (const { name, run } of sourceConformance(() => analyticSampler(options), { source })) it(name, run)
})

describe('the suite finds', () => {
  const bound = (sampler: Sampler): Sampler => ({
    sample: request => sampler.sample(request),
    stream: request => sampler.stream(request),
    variations: (image, request) => sampler.variations(image, request),
    interpolate: (a, b, request) => sampler.interpolate(a, b, request),
    invert: (image, request) => sampler.invert(image, request),
    sources: request => sampler.sources(request),
    capabilities: () => sampler.capabilities(),
    dispose: () => sampler.dispose(),
    [Symbol.asyncDispose]: () => sampler.dispose(),
  })

  /** Names of the cases that fail for a sampler with something wrong. */
  const failures = async (break_: (sampler: Sampler) => Partial<Sampler>) => {
    const failed: string[] = []
    const open = () => {
      const sampler = bound(analyticSampler())
      return { ...sampler, ...break_(sampler) }
    }
    for (const { name, run } of samplerConformance(open)) await run().catch(() => failed.push(name))
    return failed.join('; ')
  }

  it('a seed that is ignored', async () => {
    let seed = 0
    const found = await failures(({ sample }) => ({ sample: async request => sample({ ...request, seed: seed++ }) }))
    expect(found).toMatch(/same seed/)
  })
  it('images that depend on the batch', async () => {
    const found = await failures(({ sample }) => ({
      sample: async request => sample({ ...request, seed: (request?.seed ?? 0) + (request?.batchSize ?? 0) }),
    }))
    expect(found).toMatch(/batch size/)
  })
  it('a wrong count of evaluations', async () => {
    const found = await failures(({ sample }) => ({
      sample: async request => ({ ...(await sample(request)), nfe: 1 }),
    }))
    expect(found).toMatch(/heun makes/)
  })
  it('a signal that is ignored', async () => {
    const found = await failures(({ sample }) => ({
      sample: async ({ signal: _, ...request } = {}) => sample(request),
    }))
    expect(found).toMatch(/abort/)
  })
  it('an abort that waits in the queue', async () => {
    const found = await failures(({ sample }) => {
      const others: Promise<unknown>[] = []
      return {
        async sample(request) {
          const result = sample(request)
          if (request?.signal === undefined) others.push(result)
          return result.catch(async error => {
            await Promise.allSettled(others)
            throw error
          })
        },
      }
    })
    expect(found).toMatch(/abort ends a call at once/)
  })
  it('a disposed sampler that still works', async () => {
    const nothing = async () => {}
    const found = await failures(() => ({ dispose: nothing, [Symbol.asyncDispose]: nothing }))
    expect(found).toMatch(/dispose/)
  })
  it('an x0 that is ignored', async () => {
    const found = await failures(({ sample }) => ({
      sample: async ({ x0: _, ...request } = {}) => sample(request),
    }))
    expect(found).toMatch(/x0 replaces/)
    expect(found).toMatch(/gives the image back/)
  })
  it('a firstImage that is ignored', async () => {
    const found = await failures(({ sample }) => ({
      sample: async ({ firstImage: _, ...request } = {}) => sample(request),
    }))
    expect(found).toMatch(/in parts/)
  })
  it('an interpolation with other ends', async () => {
    const found = await failures(({ interpolate }) => ({
      interpolate: (a, b, request) => interpolate(a + 1, b, request),
    }))
    expect(found).toMatch(/starts and ends/)
  })
  it('variations that ignore the image', async () => {
    const found = await failures(({ sample }) => ({ variations: async (_, request) => sample(request) }))
    expect(found).toMatch(/variations, if/)
  })
  it('requests that are not checked', async () => {
    const found = await failures(({ sample }) => ({ sample: async () => sample() }))
    expect(found).toMatch(/refuses a count of 0/)
  })
})
