import { describe, expect, it } from 'vitest'
import type { Sampler } from '../sampler/sampler.ts'
import { analyticSampler } from './analytic-model.ts'
import { samplerConformance } from './conformance.ts'

describe('a sampler of the analytic model', () => {
  for (const { name, run } of samplerConformance(() => analyticSampler())) it(name, run)
})

describe('a sampler without classes', () => {
  for (const { name, run } of samplerConformance(() => analyticSampler({ classes: null }))) it(name, run)
})

describe('the suite finds', () => {
  /** Names of the cases that fail for a sampler with something wrong. */
  const failures = async (break_: (sampler: Sampler) => Partial<Sampler>) => {
    const failed: string[] = []
    const open = () => {
      const sampler = analyticSampler()
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
    expect(found).toMatch(/heun costs/)
  })
  it('a signal that is not heeded', async () => {
    const found = await failures(({ sample }) => ({
      sample: async ({ signal: _, ...request } = {}) => sample(request),
    }))
    expect(found).toMatch(/abort/)
  })
  it('a disposed sampler that goes on', async () => {
    const nothing = async () => {}
    const found = await failures(() => ({ dispose: nothing, [Symbol.asyncDispose]: nothing }))
    expect(found).toMatch(/dispose/)
  })
  it('requests that are not checked', async () => {
    const found = await failures(({ sample }) => ({ sample: async () => sample() }))
    expect(found).toMatch(/refuses a count of 0/)
  })
})
