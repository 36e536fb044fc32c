/**
 * An evaluation by a generator that is known in closed form and the published extractor: what is measured is checked against
 * the same measure of the same images in one piece.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { curvature, float32Backend, integers, MixflowError, type SamplerModel, sample } from '@mixflow/core'
import { drawSource } from '@mixflow/core/internal'
import { analyticModel } from '@mixflow/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extractor, openExtractor } from '../extractor.ts'
import { findExtractor } from '../extractor-file.ts'
import { gaussianOf, statisticsOf } from '../feature-statistics.ts'
import { frechetDistance } from '../frechet-distance.ts'
import { inceptionScore } from '../inception-score.ts'
import { nearCopies } from '../near-copies.ts'
import { type Reference, type ReferenceImages, referenceOf } from '../reference.ts'
import { localWorker } from './local-worker.ts'
import { type MeasureModelOptions, type ModelMeasures, measureModel } from './measure-model.ts'
import type { Part, PartWorker, ResultOf } from './part.ts'
import type { SampleOptions } from './sample-options.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-measure-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const { model, backend } = analyticModel()
const elements = 3 * 4 * 5
const [n, batchSize] = [300, 32]
const setting = { solver: 'heun', nfe: 3 } as const

let extractor: Extractor
let reference: Reference
let samples: SampleOptions
let local: PartWorker

/** As `local`, but the same part is computed only once in all tests: features take most of their time. */
const made = new Map<string, Promise<unknown>>()
const worker: PartWorker = {
  async run<P extends Part>(part: P) {
    const key = JSON.stringify(part)
    if (!made.has(key)) made.set(key, local.run(part))
    return structuredClone(await made.get(key)) as ResultOf<P>
  },
}

/** Samples of the same model with other noise. */
async function realImages(count: number): Promise<ReferenceImages> {
  const { images } = await sample(backend, model, { seed: 77, count, solver: 'rk4', steps: 10 })
  const batch = (indices: ArrayLike<number>) => ({
    images: Float32Array.from(Array.from(indices, i => [...images[i]!.data]).flat()),
  })
  const fingerprint = () => 'f'.repeat(64)
  return { name: 'exact', split: 'train', channels: 3, height: 4, width: 5, count, fingerprint, batch }
}

beforeAll(async () => {
  const { network, description } = await findExtractor('cifar10')
  extractor = await openExtractor(network, { ...description, resize: 'tensorflow-bilinear' }, { threads: 1 })
  reference = await referenceOf(await realImages(200), extractor, { features: true, cacheDir: null })
  samples = {
    extractor: extractor.description,
    reference,
    metrics: ['fd', 'is', 'precision-recall', 'neighbours'],
    settings: [setting],
    n,
    ranges: 2,
    batchSize,
  }
  local = localWorker({ model, backend }, extractor)
})
afterAll(() => extractor.dispose())

const options = (changes: Partial<MeasureModelOptions> = {}): MeasureModelOptions => ({
  id: 'analytic',
  model,
  workers: [worker],
  samples,
  seed: 5,
  ...changes,
})

/** Counts its parts, and fails at one. */
function watched(failsAt = Number.POSITIVE_INFINITY) {
  const parts: Part[] = []
  const counting: PartWorker = {
    async run(part, partOptions) {
      if (parts.length === failsAt) throw new MixflowError('MODEL_OUTPUT_INVALID', 'out of luck')
      parts.push(part)
      return worker.run(part, partOptions)
    },
  }
  return { worker: counting, parts }
}

const folderOf = (name: string) => join(root, name)
let once: Promise<ModelMeasures> | undefined
const whole = () => (once ??= measureModel(options()))

describe('measureModel', () => {
  it('equals the measures of all images of each range at once', async () => {
    const { settings } = await whole()
    expect(settings).toHaveLength(1)
    const { ranges, measures, nfe, steps } = settings[0]!
    expect({ nfe, steps }).toEqual({ nfe: 3, steps: 2 })
    expect(ranges.map(({ firstImage, images }) => [firstImage, images])).toEqual([
      [0, n],
      [n, n],
    ])
    for (const range of ranges) {
      const { images } = await sample(backend, model, { ...setting, seed: 5, firstImage: range.firstImage, count: n })
      const pixels = Float32Array.from(images.flatMap(({ data }) => [...data]))
      const { features, logits } = await extractor.extract(pixels, model.image)
      const distance = frechetDistance(reference.gaussian, gaussianOf(statisticsOf(features, 64)))
      expect(range.frechet!.distance).toBeCloseTo(distance.distance, 8)
      expect(range.inception!.mean).toBeCloseTo(inceptionScore(logits!, { classes: 10 }).mean, 8)
      const copies = nearCopies({ generated: { features, dimensions: 64 }, training: reference.features! })
      expect(range.nearCopies).toMatchObject({ share: copies.share, images: n })
      expect(range.nearCopies!.distance).toBeCloseTo(copies.distance, 6)
      expect(range.nearCopies!.nearest.map(({ generated, training }) => ({ generated, training }))).toEqual(
        copies.nearest
          .slice(0, 12)
          .map(({ generated, training }) => ({ generated: range.firstImage + generated, training })),
      )
    }
    const [first, second] = ranges.map(({ frechet }) => frechet!.distance) as [number, number]
    expect(measures.map(({ label }) => label)).toEqual([
      ...['FD-ResNet56-300', 'IS-ResNet56-300', 'precision-ResNet56-300', 'recall-ResNet56-300'],
      ...['near-copies-ResNet56-300', 'neighbour-distance-ResNet56-300'],
    ])
    expect(measures[0]!.mean).toBeCloseTo((first + second) / 2, 12)
    expect(measures[0]!.deviation).toBeCloseTo(Math.abs(first - second) / Math.SQRT2, 12)
    const precision = measures.find(({ metric }) => metric === 'precision')!
    expect(precision.mean).toBeGreaterThan(0.5)
  })

  it('does not depend on the number of workers', async () => {
    const many = Array.from({ length: 3 }, () => watched())
    const result = await measureModel(options({ workers: many.map(each => each.worker) }))
    expect(result).toEqual(await whole())
    for (const { parts } of many) expect(parts.length).toBeGreaterThan(0)
  })

  it('resumes after a failure, with the same result', async () => {
    const folder = folderOf('resumed')
    const [broken, rest] = [watched(3), watched()]
    await expect(measureModel(options({ workers: [broken.worker], folder }))).rejects.toThrow('out of luck')
    const progress: number[] = []
    const onProgress = ({ resumed }: { resumed: number }) => progress.push(resumed)
    const result = await measureModel(options({ workers: [rest.worker], folder, onProgress }))
    expect(result).toEqual(await whole())
    expect(rest.parts.length).toBeGreaterThan(0)
    const again = watched()
    expect(await measureModel(options({ workers: [again.worker], folder }))).toEqual(result)
    expect(again.parts).toEqual([])
    expect(progress[0]).toBeGreaterThan(0)
    // what is measured needs no features any more
    expect(readdirSync(join(folder, 'parts'))).toEqual([])
    expect(readdirSync(join(folder, 'measured'))).toHaveLength(2)
  })

  it('uses a range that another process completed meanwhile', async () => {
    const folder = folderOf('overtaken')
    const alone = await whole()
    let overtaken = false
    const slow: PartWorker = {
      async run(part, partOptions) {
        if (!overtaken) {
          overtaken = true
          await measureModel(options({ folder }))
        }
        return worker.run(part, partOptions)
      },
    }
    expect(await measureModel(options({ folder, workers: [slow] }))).toEqual(alone)
    expect(readdirSync(join(folder, 'parts'))).toEqual([])
  })

  it('says what to do if another process deleted parts that are needed', async () => {
    const folder = folderOf('gone')
    const losing: PartWorker = {
      async run(part, partOptions) {
        rmSync(join(folder, 'parts'), { recursive: true, force: true })
        return worker.run(part, partOptions)
      },
    }
    const failing = measureModel(options({ folder, workers: [losing] }))
    await expect(failing).rejects.toMatchObject({
      code: 'STATISTICS_INVALID',
      hint: expect.stringContaining('run the command again'),
    })
    expect(await measureModel(options({ folder }))).toEqual(await whole())
  })

  it('does not reuse results with another key', async () => {
    const folder = folderOf('mixed')
    const few = { ...samples, metrics: ['fd'] as const, ranges: 1 }
    const runs = async (changes: Partial<MeasureModelOptions>) => {
      const { worker, parts } = watched()
      await measureModel(options({ folder, workers: [worker], samples: few, ...changes }))
      return parts.length
    }
    expect(await runs({})).toBeGreaterThan(0)
    expect(await runs({})).toBe(0)
    // the score was measured along with the distance
    expect(await runs({ samples: { ...few, metrics: ['is', 'fd'] } })).toBe(0)
    expect(await runs({ samples: { ...few, metrics: ['neighbours'] } })).toBeGreaterThan(0)
    expect(await runs({ id: 'another' })).toBeGreaterThan(0)
    expect(await runs({ seed: 6 })).toBeGreaterThan(0)
    expect(await runs({ samples: { ...few, settings: [{ solver: 'heun', nfe: 3, guidance: 1 }] } })).toBeGreaterThan(0)
    const other = { ...reference, key: { ...reference.key, count: 199 } }
    expect(await runs({ samples: { ...few, reference: other } })).toBeGreaterThan(0)
  })

  it('measures only neighbours again for results of an earlier version', async () => {
    const folder = folderOf('earlier')
    const both = { ...samples, metrics: ['fd', 'neighbours'] as const, ranges: 1 }
    const first = await measureModel(options({ folder, samples: both }))
    const [name] = readdirSync(join(folder, 'measured'))
    const path = join(folder, 'measured', name!)
    const { nearCopies, ...rest } = JSON.parse(readFileSync(path, 'utf8'))
    const { nearest, ...earlier } = nearCopies
    writeFileSync(path, JSON.stringify({ ...rest, nearCopies: earlier }))
    const { worker, parts } = watched()
    await measureModel(options({ folder, workers: [worker], samples: { ...both, metrics: ['fd'] } }))
    expect(parts).toEqual([])
    const again = await measureModel(options({ folder, workers: [worker], samples: both }))
    expect(parts.length).toBeGreaterThan(0)
    expect(again).toEqual(first)
  })

  it('measures distance 0 between a set and itself', async () => {
    const { images } = await sample(backend, model, { ...setting, seed: 5, count: n })
    const itself: ReferenceImages = {
      ...(await realImages(n)),
      batch: indices => ({ images: Float32Array.from(Array.from(indices, i => [...images[i]!.data]).flat()) }),
    }
    const own = await referenceOf(itself, extractor, { features: true, cacheDir: null })
    const result = await measureModel(options({ samples: { ...samples, reference: own, ranges: 1 } }))
    const of = Object.fromEntries(result.settings[0]!.measures.map(({ metric, mean }) => [metric, mean]))
    expect(of.fd).toBeLessThan(1e-6)
    expect([of.precision, of.recall, of['near-copies'], of['neighbour-distance']]).toEqual([1, 1, 1, 0])
  })

  it('counts the images whose class the classifier recognises', async () => {
    const labels = (part: Part) => Int32Array.from({ length: part.images }, (_, i) => (part.firstImage + i) % 10)
    const reader: PartWorker = {
      async run(part) {
        const read = labels(part).map((label, i) => ((part.firstImage + i) % 4 === 0 ? (label + 1) % 10 : label))
        const logits = new Float32Array(part.images * 10)
        for (const [i, label] of read.entries()) logits[i * 10 + label] = 1
        const features = new Float32Array(part.images * extractor.description.dimensions).map((_, i) => i)
        return { features, logits, labels: labels(part), nfe: 3, steps: 2 } as never
      },
    }
    const asked = { ...samples, reference: null, metrics: ['label-accuracy'] as const, n: 600, ranges: 2 }
    const { settings } = await measureModel(
      options({
        model: { ...model, labels: { count: 10 } },
        workers: [reader],
        samples: asked,
        folder: folderOf('read'),
      }),
    )
    expect(settings[0]!.measures).toEqual([
      { metric: 'label-accuracy', label: 'label-accuracy-ResNet56-600', mean: 0.75, deviation: 0 },
    ])
    expect(settings[0]!.ranges[1]!.labelAccuracy).toEqual({ share: 0.75, images: 600 })
  })

  it('counts velocity evaluations, whatever the guidance, and the mean of an adaptive solver', async () => {
    const settings = [
      { solver: 'heun', nfe: 3, guidance: 0.5 },
      { solver: 'dopri5', tolerance: 1e-3 },
    ] as const
    const quick = { ...samples, metrics: ['is'] as const, n: 100, settings }
    const { settings: measured } = await measureModel(options({ samples: quick }))
    expect(measured.map(({ setting }) => setting)).toEqual(settings)
    expect(measured[0]).toMatchObject({ nfe: 3, steps: 2 })
    const adaptive = await sample(backend, model, { ...settings[1], seed: 5, count: 100, batchSize })
    expect(measured[1]!.ranges[0]!.nfe).toBeCloseTo(adaptive.nfe, 10)
    const label = { ...quick, settings: [{ ...setting, label: 2 }], ranges: 1 }
    expect((await measureModel(options({ samples: label }))).settings[0]!.measures[0]!.mean).toBeGreaterThan(1)
  })

  it('follows trajectories from the model’s source, in any number of parts', async () => {
    const trajectories = { count: 10, steps: 32, bins: 8, batchSize: 4 }
    const result = (await measureModel(options({ samples: null, trajectories }))).trajectories!
    const draw = { seed: 5, images: 10, elementsPerImage: elements }
    const x0 = await drawSource({ ...draw, source: null, mixtureWeight: 0 })
    const label = Int32Array.from(integers({ seed: 5, stream: 'label', images: 10, below: 3 }))
    const velocity = (x: Float32Array, t: number) => backend.velocity(x, { t: new Float32Array(10).fill(t), label })
    const expected = await curvature(velocity, x0, { elementsPerImage: elements, steps: 32 })
    expect(result).toMatchObject({ trajectories: 10, steps: 32 })
    expect(result.mean).toBeCloseTo(expected.mean, 10)
    expect(result.standardDeviation).toBeCloseTo(expected.standardDeviation, 10)
    expect(result.byTime).toHaveLength(8)
    expect(result.byTime.reduce((sum, { value }) => sum + value, 0) / 8).toBeCloseTo(expected.mean, 10)
    const folder = folderOf('trajectories')
    await measureModel(options({ samples: null, trajectories, folder }))
    const { worker, parts } = watched()
    expect(
      (await measureModel(options({ samples: null, trajectories, folder, workers: [worker] }))).trajectories,
    ).toEqual(result)
    expect(parts).toEqual([])
  })

  it('measures the curvature of a flow that is known exactly', async () => {
    const deviation = 0.25
    const exact = analyticModel({ classes: 3, deviation })
    const trajectories = { count: 900, batchSize: 300 }
    const result = await measureModel(
      options({ model: exact.model, samples: null, trajectories, workers: [localWorker(exact, null)] }),
    )
    // x(t) − t·mean = √(t²s² + (1−t)²) · x0: the variance over time of that factor's derivative, as E x0² = 1
    const speed = (t: number) => (t * deviation ** 2 - (1 - t)) / Math.sqrt((t * deviation) ** 2 + (1 - t) ** 2)
    const speeds = Array.from({ length: 1000 }, (_, i) => speed((i + 0.5) / 1000))
    const mean = speeds.reduce((sum, value) => sum + value, 0) / 1000
    const variance = speeds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1000
    expect(Math.abs(result.trajectories!.mean / variance - 1)).toBeLessThan(0.05)
    expect(result.trajectories).toMatchObject({ trajectories: 900, steps: 128 })
  })

  it('starts trajectories from the source of sampling: conditioned on κ if κ is the label', async () => {
    const starts: number[] = []
    const still = float32Backend({
      velocity: (x, { t }) => {
        if (t.every(value => value === 0)) starts.push(...x)
        return new Float32Array(x.length)
      },
      encode: async kappa => ({
        mean: new Float32Array(kappa.length * elements).fill(3),
        logVariance: new Float32Array(kappa.length * elements).fill(-40),
      }),
    })
    const conditioned: SamplerModel = {
      ...model,
      source: {
        ...({ kappa: 'label', gaussian: 'mean-variance', mixing: 'distribution' } as const),
        ...{ tanh: false, conditionOnWeight: false, klWeight: 0 },
      },
      sampler: { ...model.sampler, mixtureWeight: 1 },
    }
    const own = localWorker({ model: conditioned, backend: still }, null)
    const trajectories = { count: 4, steps: 2 }
    await measureModel(options({ model: conditioned, samples: null, trajectories, workers: [own] }))
    expect(starts).toHaveLength(4 * elements)
    expect(Math.max(...starts.map(x => Math.abs(x - 3)))).toBeLessThan(1e-5)
  })

  it('reports increasing progress, and can be aborted', async () => {
    const seen: number[] = []
    const stop = new AbortController()
    const onProgress = ({ fraction }: { fraction: number }) => {
      seen.push(fraction)
      if (fraction > 0.5) stop.abort()
    }
    const aborted = measureModel(options({ workers: [local], onProgress, signal: stop.signal }))
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBeLessThan(1)
  })

  it.each<[string, () => Partial<SampleOptions>, RegExp]>([
    ['fewer images than features', () => ({ n: 64 }), /covariance of 64 features cannot be estimated from 64 images/],
    [
      'fewer reference images than features, though their statistics are kept',
      () => ({ reference: { ...reference, features: null, key: { ...reference.key, count: 6 } }, metrics: ['fd'] }),
      /covariance of 64 features cannot be estimated from 6 reference images/,
    ],
    [
      'too few reference images for balls',
      () => ({ reference: { ...reference, key: { ...reference.key, count: 3 } }, metrics: ['precision-recall'] }),
      /need more than 3 images, got 3 reference images/,
    ],
    [
      'too few samples for balls',
      () => ({ n: 3, metrics: ['precision-recall'] }),
      /need more than 3 images, got 3 images/,
    ],
    [
      'fewer images than classes for the score',
      () => ({ n: 9, metrics: ['is'], reference: null }),
      /Inception score over 10 classes cannot be estimated from 9 images/,
    ],
    ['no reference', () => ({ reference: null }), /"fd" compares with a data set/],
    ['no features', () => ({ reference: { ...reference, features: null } }), /"precision-recall" needs the features/],
    ['no logits', () => ({ extractor: { ...extractor.description, logits: null } }), /needs class logits/],
    [
      'another extractor',
      () => ({ extractor: { ...extractor.description, sha256: '0'.repeat(64) } }),
      /expected ResNet56/,
    ],
    [
      'images of another size',
      () => ({ extractor: { ...extractor.description, resize: 'none' } }),
      /images are 3 × 4 × 5, but ResNet56 expects 3 × 32 × 32/,
    ],
    ['a classifier of other classes', () => ({ metrics: ['label-accuracy'] }), /3 classes, but ResNet56 has 10/],
    [
      'images of no class',
      () => ({ metrics: ['label-accuracy'], settings: [{ ...setting, label: null }] }),
      /the label is "none"/,
    ],
    ['no setting', () => ({ settings: [] }), /settings must not be empty/],
    ['an unknown metric', () => ({ metrics: ['fid' as 'fd'] }), /unknown metric "fid"/],
    ['an unknown option', () => ({ range: 3 }) as object, /unknown option "range"/],
  ])('refuses %s before any work', async (_, changes, message) => {
    const { worker, parts } = watched()
    const refused = measureModel(options({ workers: [worker], samples: { ...samples, ...changes() } }))
    await expect(refused).rejects.toThrow(message)
    expect(parts).toEqual([])
  })
})
