import { describe, expect, it } from 'vitest'
import { MixflowError } from '../errors.ts'
import { distance } from '../fixtures/reference.ts'
import { float32Algebra } from '../method/algebra.ts'
import { float32Space } from '../method/linear-space.ts'
import type { SolverName } from '../method/ode/solver.ts'
import { normals } from '../method/random/random.ts'
import { standardNormal } from '../method/source/gaussian.ts'
import { type GaussianKind, kappaFc } from '../method/source/kappa-fc.ts'
import { type Mixing, mixture } from '../method/source/mixture.ts'
import { analyticModel } from '../testing/analytic-model.ts'
import { float32Backend, type SampleBackend } from './backend.ts'
import type { SamplerModel } from './model-facts.ts'
import type { SampleRequest } from './request.ts'
import { resolveRequest } from './request.ts'
import { sample } from './sample.ts'

const elements = 3 * 4 * 5
const noiseOf = (seed: number, images: number) => normals({ seed, stream: 'noise', images, elementsPerImage: elements })
const codeOf = async (run: () => unknown) => {
  try {
    await run()
  } catch (error) {
    return MixflowError.is(error) ? error.code : error
  }
  return undefined
}

describe('sample', () => {
  it.each(['heun', 'rk4', 'dopri5'] as const)('%s carries the noise into the data', async solver => {
    const { model, backend, meanOf, deviation } = analyticModel()
    const request: SampleRequest = {
      count: 4,
      seed: 9,
      label: [0, 1, 2, 0],
      solver,
      ...(solver !== 'dopri5' && { steps: 60 }),
    }
    const { images } = await sample(backend, model, request)
    const noise = noiseOf(9, 4)
    for (const { index, label, data } of images) {
      const start = noise.subarray(index * elements, (index + 1) * elements)
      const expected = start.map(epsilon => meanOf(label) + deviation * epsilon)
      expect(distance(data, expected)).toBeLessThan(solver === 'heun' ? 2e-3 : 1e-4)
    }
  })

  it('without a label draws one per image from the seed, with null uses none', async () => {
    const { model, backend, deviation } = analyticModel()
    const base: SampleRequest = { count: 300, seed: 2, solver: 'rk4', steps: 20 }
    const { images } = await sample(backend, model, base)
    const counts = [0, 1, 2].map(label => images.filter(image => image.label === label).length)
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(4 * Math.sqrt(300 * (1 / 3) * (2 / 3)))
    const none = await sample(backend, model, { ...base, count: 2, label: null })
    expect(
      distance(
        none.images[0]!.data,
        noiseOf(2, 1).map(x => deviation * x),
      ),
    ).toBeLessThan(1e-3)
  })

  it('makes a request in parts: the images from `firstImage` on, with their own labels', async () => {
    const { model, backend } = analyticModel()
    const request: SampleRequest = { seed: 6, solver: 'heun', steps: 2 }
    const whole = (await sample(backend, model, { ...request, count: 9 })).images
    const part = (await sample(backend, model, { ...request, firstImage: 4, count: 5, batchSize: 2 })).images
    expect(part.map(({ index }) => index)).toEqual([4, 5, 6, 7, 8])
    expect(part.map(({ label }) => label)).toEqual(whole.slice(4).map(({ label }) => label))
    part.forEach(({ data }, i) => {
      expect(distance(data, whole[4 + i]!.data)).toBe(0)
    })
    await expect(sample(backend, model, { ...request, firstImage: -1 })).rejects.toThrow(/firstImage must be/)
  })

  it('guides away from the image without a label: v(label) + g (v(label) − v(no label))', async () => {
    const { model, backend, calls } = analyticModel()
    const base: SampleRequest = { seed: 4, label: 2, solver: 'euler', steps: 1 }
    const [off, on] = [await sample(backend, model, base), await sample(backend, model, { ...base, guidance: 1.5 })]
    const none = await sample(backend, model, { ...base, label: null })
    const before = calls()
    const guided = off.images[0]!.data.map((value, i) => value + 1.5 * (value - none.images[0]!.data[i]!))
    expect(distance(on.images[0]!.data, guided)).toBeLessThan(1e-5)
    expect([off.nfe, on.nfe, none.nfe]).toEqual([1, 1, 1])
    expect([off.networkCalls, on.networkCalls, none.networkCalls]).toEqual([1, 2, 1])
    await sample(backend, model, { ...base, guidance: 1.5, steps: 3 })
    expect(calls() - before).toBe(6)
  })

  it('guides by one call for both velocities where the backend has it, to the same images', async () => {
    const { model, backend } = analyticModel()
    const request: SampleRequest = { seed: 4, label: 2, guidance: 1.5, solver: 'heun', steps: 2 }
    let pairs = 0
    const paired: typeof backend = {
      ...backend,
      velocity: () => expect.unreachable(),
      velocityPair: async (x, inputs, others) => {
        pairs++
        return [await backend.velocity(x, inputs), await backend.velocity(x, others)]
      },
    }
    const [one, two] = [await sample(paired, model, request), await sample(backend, model, request)]
    expect(one.images[0]!.data).toEqual(two.images[0]!.data)
    expect([pairs, one.nfe, one.networkCalls]).toEqual([3, 3, 6])
  })

  it('counts the mean over images where they differ', async () => {
    const { model, backend } = analyticModel()
    const { images, nfe, steps } = await sample(backend, model, { count: 3, seed: 1, solver: 'dopri5', perImage: true })
    expect(nfe).toBeCloseTo(images.reduce((sum, image) => sum + image.nfe, 0) / 3, 12)
    expect(steps).toBeGreaterThan(1)
  })

  it('reports times that add up', async () => {
    const { model, backend } = analyticModel()
    const { milliseconds, timings } = await sample(backend, model, { count: 8, batchSize: 3, seed: 1 })
    expect(timings.source).toBeGreaterThan(0)
    expect(timings.solve).toBeGreaterThan(0)
    expect(timings.source + timings.solve).toBeLessThanOrEqual(milliseconds)
  })

  it('a solver that gives up names the options of the request', async () => {
    const { model } = analyticModel()
    const backend = float32Backend({ velocity: (x, { t }) => x.map(() => (t[0]! > 0.5 ? Number.NaN : 1)) })
    const error = await sample(backend, model, { seed: 1, solver: 'dopri5' }).catch(error => error)
    expect(error).toMatchObject({ code: 'SOLVER_FAILED', hint: expect.stringMatching(/raise tolerance/) })
    expect(error.hint).not.toMatch(/tol\b/)
  })

  it('refuses images that are not finite or of the wrong size', async () => {
    const { model } = analyticModel()
    const broken = (velocity: SampleBackend<Float32Array>['velocity']) =>
      codeOf(() =>
        sample(float32Backend({ velocity }), model, { seed: 1, count: 3, batchSize: 2, solver: 'euler', steps: 2 }),
      )
    expect(await broken(x => x.map(() => Number.NaN))).toBe('MODEL_OUTPUT_INVALID')
    expect(await broken((x, { t }) => x.map((_, i) => (t.length === 1 && i === 7 ? 1e38 * 10 : 0)))).toBe(
      'MODEL_OUTPUT_INVALID',
    )
    expect(await broken(x => x.subarray(1))).toBe('ARGUMENT_INVALID')
    const backend = { ...float32Backend({ velocity: x => x.slice() }), download: (x: Float32Array) => x.subarray(1) }
    expect(await codeOf(() => sample(backend, model, { seed: 1 }))).toBe('MODEL_OUTPUT_INVALID')
  })
})

describe('the source of sampling', () => {
  const algebra = float32Algebra({ elementsPerImage: elements })
  const still = (x: Float32Array) => new Float32Array(x.length)
  const encoded = (length: number) => ({
    mean: new Float32Array(length).map((_, i) => Math.sin(i)),
    logVariance: new Float32Array(length).map((_, i) => Math.cos(i)),
  })
  const facts = (over: Partial<NonNullable<SamplerModel['source']>>): NonNullable<SamplerModel['source']> => ({
    kappa: 'label',
    gaussian: 'mean-variance',
    mixing: 'distribution',
    tanh: false,
    conditionOnWeight: false,
    klWeight: 0,
    ...over,
  })
  /** With a velocity of 0 the images are x0 itself. */
  const start = async (source: SamplerModel['source'], request: SampleRequest, kappas: unknown[] = []) => {
    const { model } = analyticModel({ model: { source } })
    const backend = float32Backend({
      velocity: still,
      encode: async kappa => {
        kappas.push(kappa)
        const { mean, logVariance } = encoded(2 * elements)
        if (source?.gaussian === 'off') return { x0: mean }
        return source?.gaussian === 'mean' ? { mean } : { mean, logVariance }
      },
    })
    const { images } = await sample(backend, model, { count: 2, seed: 6, solver: 'euler', steps: 1, ...request })
    return Float32Array.from(images.flatMap(image => [...image.data]))
  }
  const stream = (name: 'noise' | 'encoderNoise' | 'kappaNoise') =>
    normals({ seed: 6, stream: name, images: 2, elementsPerImage: elements })

  it.each([
    ['label', 'mean-variance', 'distribution', false],
    ['label', 'mean-variance', 'sample', false],
    ['label', 'mean-variance', 'sample', true],
    ['label', 'mean', 'distribution', false],
    ['noise', 'mean-variance', 'distribution', false],
    ['noise', 'mean', 'sample', false],
    ['noise', 'off', 'sample', true],
  ] as const)('κ = %s, %s, %s, tanh %s: is the training source’s own', async (kappa, gaussian, mixing, tanh) => {
    const kappas: unknown[] = []
    const x0 = await start(facts({ kappa, gaussian, mixing, tanh }), { label: [2, 0], mixtureWeight: 0.3 }, kappas)
    expect(kappas).toEqual([kappa === 'label' ? Int32Array.of(2, 0) : stream('kappaNoise')])
    const source = trainingSource(gaussian, mixing, tanh)
    const draws = {
      noise: stream('noise'),
      encoderNoise: stream('encoderNoise'),
      kappaNoise: stream('kappaNoise'),
      mixtureWeight: Float32Array.of(0.3, 0.3),
    }
    expect(distance(x0, source.sample(algebra, { label: Float32Array.of(2, 0), draws }).x0)).toBeLessThan(1e-6)
  })

  function trainingSource(gaussian: GaussianKind, mixing: Mixing, tanh: boolean) {
    const { mean, logVariance } = encoded(2 * elements)
    const output = gaussian === 'mean-variance' ? algebra.join(mean, logVariance) : mean
    return mixture(
      kappaFc(() => output, { kappa: 'noise', gaussian, tanh }),
      standardNormal(),
      { mixing },
    )
  }

  it('is N(0, I) where κ contains the image, where w is 0, and without a source', async () => {
    for (const source of [null, facts({ kappa: 'image' }), facts({ kappa: 'image+noise' }), facts({})]) {
      expect(distance(await start(source, { mixtureWeight: 0 }), stream('noise'))).toBe(0)
    }
  })

  it('passes w to a denoiser that is conditioned on it', async () => {
    const { model } = analyticModel({ model: { source: facts({ conditionOnWeight: true }) } })
    const seen: unknown[] = []
    const backend = float32Backend({
      velocity: (x, { w }) => {
        seen.push(w)
        return still(x)
      },
      encode: async () => encoded(2 * elements),
    })
    await sample(backend, model, { count: 2, seed: 1, solver: 'euler', steps: 1, mixtureWeight: 0.25 })
    expect(seen).toEqual([Float32Array.of(0.25, 0.25)])
  })

  it('needs the encoder at w > 0', async () => {
    const { model, backend } = analyticModel({ model: { source: facts({}) } })
    const { encode: _, ...withoutEncoder } = backend
    expect(await codeOf(() => sample(withoutEncoder, model, { mixtureWeight: 1 }))).toBe('MODEL_INVALID')
  })
})

describe('states elsewhere', () => {
  it('are all released, after a result, an error, and an abort', async () => {
    const { model, backend: arrays } = analyticModel()
    const alive = new Set<Float32Array>()
    const made = (x: Float32Array) => {
      alive.add(x)
      return x
    }
    let calls = 0
    let failAt = Number.POSITIVE_INFINITY
    const backend: SampleBackend<Float32Array> = {
      space: {
        ...float32Space,
        combine: async terms => made(await float32Space.combine(terms)),
        release: x => expect(alive.delete(x)).toBe(true),
      },
      velocity: async (x, inputs) => {
        if (++calls === failAt) throw new Error('broken')
        return made(await arrays.velocity(x, inputs))
      },
      upload: async x => made(x.slice()),
      download: async x => x.slice(),
    }
    for (const solver of ['heun', 'dopri5'] as const) {
      const request: SampleRequest = { count: 3, batchSize: 2, seed: 1, solver, guidance: 1, label: 0 }
      await sample(backend, model, request)
      expect(alive.size).toBe(0)
      calls = 0
      failAt = 4
      await expect(sample(backend, model, request)).rejects.toThrow('broken')
      expect(alive.size).toBe(0)
      failAt = Number.POSITIVE_INFINITY
      const controller = new AbortController()
      const onStep = () => controller.abort()
      expect(await codeOf(() => sample(backend, model, { ...request, onStep, signal: controller.signal }))).toBe(
        'ABORTED',
      )
      expect(alive.size).toBe(0)
    }
  })
})

describe('resolveRequest', () => {
  const { model } = analyticModel()
  const resolve = (request: SampleRequest, over: Partial<SamplerModel> = {}) =>
    resolveRequest(request, { ...model, ...over })
  const own = (sampler: Partial<SamplerModel['sampler']>) => ({
    sampler: { solver: 'heun' as const, guidance: 0, mixtureWeight: 0, ...sampler },
  })

  it('fills what is open from the model', () => {
    expect(resolve({ seed: 1 })).toMatchObject({
      count: 1,
      solver: 'heun',
      steps: 3,
      guidance: 0,
      mixtureWeight: 0,
      batchSize: undefined,
    })
    expect(resolve({}, own({ steps: 7, guidance: 2 }))).toMatchObject({ steps: 7, guidance: 2 })
    expect(resolve({ label: null }, own({ steps: 7, guidance: 2 })).guidance).toBe(0)
    expect(resolve({ guidance: 0 }, own({ steps: 7, guidance: 2 })).guidance).toBe(0)
  })

  it.each([
    ['euler', 9],
    ['heun', 5],
    ['heun-full', 4],
    ['rk4', 2],
    ['ab2', 9],
  ] as const)('another solver than the model’s gets the steps that its 9 evaluations allow: %s %s', (solver, steps) => {
    expect(resolve({ solver }, own({ nfe: 9 })).steps).toBe(steps)
    expect(resolve({ solver }, own({ steps: 5 })).steps).toBe(steps)
    expect(resolve({ solver }, own({ solver: 'dopri5' })).steps).toBe(steps)
  })

  it('the times of the steps are the request’s, else the model’s, else equal', () => {
    expect(resolve({}, own({ nfe: 9 })).gridPower).toBe(1)
    expect(resolve({}, own({ nfe: 9, gridPower: 1.3 })).gridPower).toBe(1.3)
    expect(resolve({ gridPower: 2 }, own({ nfe: 9, gridPower: 1.3 })).gridPower).toBe(2)
    for (const wrong of [0, 11, Number.NaN, '2' as never])
      expect(() => resolve({ gridPower: wrong })).toThrow(/gridPower/)
    expect(() => resolve({ solver: 'dopri5', gridPower: 2 })).toThrow(/fixed-step/)
  })

  it('null is no way to leave an option open', () => {
    for (const name of ['count', 'seed', 'solver', 'steps', 'guidance']) {
      expect(() => resolve({ [name]: null } as object), name).toThrow(new RegExp(`${name}.*null`))
    }
  })

  it('draws a new seed each time unless given one', () => {
    const seeds = new Set(Array.from({ length: 20 }, () => resolve({}).seed))
    expect(seeds.size).toBeGreaterThan(15)
    for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true)
  })

  it('a mixture weight needs a source that has one when sampling', () => {
    expect(() => resolve({ mixtureWeight: 0.5 })).toThrow(/starts from N\(0, I\)/)
    expect(resolve({ mixtureWeight: 0 }).mixtureWeight).toBe(0)
    const byLabel = {
      labels: { count: 3 },
      source: {
        kappa: 'label',
        gaussian: 'mean',
        mixing: 'distribution',
        tanh: false,
        conditionOnWeight: false,
        klWeight: 0,
      },
    } as const
    const labelled = (request: SampleRequest) =>
      resolve(request, { ...own({ nfe: 5, mixtureWeight: 1 }), ...byLabel }).mixtureWeight
    expect([labelled({}), labelled({ label: 1 }), labelled({ label: null })]).toEqual([1, 1, 0])
    expect(() => labelled({ label: null, mixtureWeight: 0.5 })).toThrow(
      /without a class, sampling starts from N\(0, I\)/,
    )
  })

  it('a model trained without label dropout takes labels, and no guidance', () => {
    const always = { ...own({ nfe: 5 }), labels: { count: 3, required: true } }
    const asked = (request: SampleRequest) => resolve(request, always)
    expect(asked({ label: 2, guidance: 0 })).toMatchObject({ guidance: 0, labels: Int32Array.of(2) })
    expect(asked({}).labels![0]).toBeLessThan(3)
    expect(() => asked({ label: null })).toThrow(expect.objectContaining({ hint: 'pass a class' }))
    const guided = expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining('guidance') })
    expect(() => asked({ label: 2, guidance: 0.5 })).toThrow(guided)
    expect(resolve({ label: null, guidance: 0 }, { ...always, labels: { count: 3, required: false } })).toBeDefined()
  })

  it('refuses a batch that no array can hold, not a count that many batches can', () => {
    expect(() =>
      resolve({ count: 1_000_000, batchSize: 1_000_000, label: 0 }, { image: { ...model.image, height: 4096 } }),
    ).toThrow(/too large/)
    expect(resolve({ count: 1_000_000, label: 0 }, { image: { ...model.image, height: 4096 } }).count).toBe(1_000_000)
  })

  it('says which evaluations can be had', () => {
    const solver: SolverName = 'heun'
    try {
      resolve({ solver, nfe: 6 })
    } catch (error) {
      expect(error).toMatchObject({ code: 'REQUEST_INVALID', hint: expect.stringContaining('use nfe 5 or 7') })
      return
    }
    throw new Error('expected a refusal')
  })

  it('names the classes where a label is none of them', () => {
    const labels = { count: 2, names: ['cat', 'dog'] }
    expect(() => resolve({ label: 2 }, { labels })).toThrow(expect.objectContaining({ hint: 'classes: 0 cat, 1 dog' }))
  })
})
