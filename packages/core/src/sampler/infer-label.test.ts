import { describe, expect, it } from 'vitest'
import { normals } from '../method/random/random.ts'
import { analyticModel } from '../testing/analytic-model.ts'
import type { SampleBackend } from './backend.ts'
import { inferLabel } from './infer-label.ts'
import { invert } from './invert.ts'
import type { SourceFacts } from './model-facts.ts'
import { sources } from './sources.ts'
import { variations } from './variations.ts'

const source: SourceFacts = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: false,
  klWeight: 0,
}
/** Class c of K gives images of mean(c) and a small deviation, so what a class's images look like is known. */
const setUp = (classes: number, required = false) =>
  analyticModel({ classes, deviation: 0.1, model: { source, labels: { count: classes, required } } })
const request = { batchSize: undefined, signal: undefined }
const elements = 60

const imageOf = ({ meanOf, deviation }: ReturnType<typeof setUp>, label: number, seed: number) =>
  normals({ seed, stream: 'noise', images: 1, elementsPerImage: elements }).map(z => meanOf(label) + deviation * z)
const imageWith = (data: Float32Array) => ({ channels: 3, height: 4, width: 5, data })

describe('inferLabel', () => {
  it.each([1, 2, 3, 10, 200])('finds the class of images of each of %i classes', async classes => {
    const known = setUp(classes)
    const asked = [...new Set([0, 1, Math.floor(classes / 2), classes - 1])].filter(label => label < classes)
    for (const label of asked) {
      // means of 200 classes lie nearer than noise can tell
      const tolerance = classes > 100 ? 8 : 0
      const found = await inferLabel({ ...known, request }, imageOf(known, label, label + 5))
      expect(Math.abs(found - label)).toBeLessThanOrEqual(tolerance)
    }
  })

  it('evaluates 40 rows for 10 classes, in batches as large as asked for', async () => {
    const known = setUp(10)
    const rows: number[] = []
    const backend: SampleBackend<Float32Array> = {
      ...known.backend,
      velocity: (x, inputs) => {
        rows.push(inputs.t.length)
        return known.backend.velocity(x, inputs)
      },
    }
    const image = imageOf(known, 3, 1)
    const one = await inferLabel({ ...known, backend, request }, image)
    expect(rows).toEqual([10, 10, 4, 4, 3, 3, 3, 3])
    const other = await inferLabel({ ...known, backend, request: { ...request, batchSize: 4 } }, image)
    expect([rows.slice(8, 11), other]).toEqual([[4, 4, 2], one])
  })

  it('passes over classes whose velocity is not finite, and says where there is no other', async () => {
    const known = setUp(3)
    const broken = (isBroken: (label: number) => boolean): SampleBackend<Float32Array> => ({
      ...known.backend,
      velocity: async (x, inputs) =>
        (await known.backend.velocity(x, inputs)).map((v, i) =>
          isBroken(inputs.label![Math.floor(i / elements)]!) ? Number.NaN : v,
        ),
    })
    const image = imageOf(known, 1, 2)
    expect(await inferLabel({ ...known, backend: broken(label => label === 0), request }, image)).toBe(1)
    await expect(inferLabel({ ...known, backend: broken(() => true), request }, image)).rejects.toMatchObject({
      code: 'MODEL_OUTPUT_INVALID',
    })
  })

  it('ends when it is aborted', async () => {
    const known = setUp(3)
    const run = inferLabel({ ...known, request: { ...request, signal: AbortSignal.abort() } }, imageOf(known, 1, 2))
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe.each([false, true])('where the label is left open (one is required: %s)', required => {
  const known = setUp(5, required)
  const { model, backend } = known
  const image = imageWith(imageOf(known, 3, 8))

  it('variations have the class of the image, whatever the seed and the count', async () => {
    for (const seed of [1, 2]) {
      const { images } = await variations(backend, model, { image, request: { seed, count: 3, steps: 2 } })
      expect(images.map(({ label }) => label)).toEqual([3, 3, 3])
      const given = await variations(backend, model, {
        image,
        request: { seed, count: 3, steps: 2, label: 3 },
      })
      expect(images.map(({ data }) => data)).toEqual(given.images.map(({ data }) => data))
    }
  })

  it('inversions have it where a class is required, else none, and say which', async () => {
    const solving = { solver: 'euler', steps: 2 } as const
    const open = await invert(backend, model, { image, request: solving })
    expect(open.label).toBe(required ? 3 : null)
    const given = await invert(backend, model, { image, request: { ...solving, label: open.label } })
    expect([given.label, given.x0]).toEqual([open.label, open.x0])
    if (!required) return
    const none = invert(backend, model, { image, request: { ...solving, label: null } })
    await expect(none).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/^label is required/),
    })
  })

  it('sources of the image say which class that is', async () => {
    expect((await sources(backend, model, { image, count: 2 })).label).toEqual([3, 3])
    expect((await sources(backend, model, { image, label: [0, '4'], count: 2 })).label).toEqual([0, 4])
  })
})
