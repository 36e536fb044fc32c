/** Two real steps of the paper's networks, tiny: every parameter is trained, dropout and labels are seen, all is counted. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import type { TrainingConfig } from '@mixflow/zoo'
import { beforeAll, describe, expect, it } from 'vitest'
import { firstBatch } from '../data/batch-order.ts'
import { distance } from '../fixtures/reference.ts'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { trainSteps } from '../fixtures/train-steps.ts'
import { batches, partsOf } from './train-batch.ts'
import { dataFacts, trainingModel } from './training-model.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

const song = (dropout: number) => ({
  kind: 'song-unet',
  options: {
    modelChannels: 4,
    multipliers: [1, 2],
    embeddingMultiplier: 4,
    blocks: 1,
    attentionResolutions: [4],
    dropout,
  },
})
const diffusers = (whole: boolean) => ({
  kind: 'diffusers-unet',
  options: {
    ...{ channels: [32, 32], blocks: 1, attention: [1], headChannels: 8 },
    ...{ middle: whole, timeEmbedding: whole, classEmbedding: whole },
  },
})
const tiny = tinyConfig()
const source = tiny.source as NonNullable<TrainingConfig['source']>

const cases: Readonly<Record<string, Partial<TrainingConfig>>> = {
  'song-unet, diffusers-unet': { denoiser: song(0), encoder: diffusers(false) },
  'song-unet with dropout, conditioned on w; whole diffusers-unet': {
    denoiser: song(0.2),
    encoder: diffusers(true),
    source: { ...source, conditionOnWeight: true },
  },
  'song-unet without labels; κ = image+noise': {
    labels: false,
    denoiser: song(0.2),
    encoder: diffusers(false),
    source: { ...source, kappa: 'image+noise' },
  },
  'song-unet; κ = label': { denoiser: song(0), encoder: diffusers(false), source: { ...source, kappa: 'label' } },
}

/** Parameters by name after some steps, and at the start. */
async function steps(changes: Partial<TrainingConfig>, count: number) {
  const config = tinyConfig({ batchSize: 4, learningRate: 0.01, warmupImages: 0, ...changes })
  const { vector, parameters, ...rest } = await trainSteps(config, tinyData(), { count })
  return { ...rest, parameters: vector.named(parameters), start: vector.named(vector.initial(config.seed)) }
}

describe.each(Object.entries(cases))('%s', (_, changes) => {
  it('two steps move every parameter', async () => {
    const first = await steps(changes, 2)
    expect(first.losses.every(loss => Number.isFinite(loss) && loss > 0)).toBe(true)
    const still = [...first.parameters].filter(([name, { data }]) => {
      const before = first.start.get(name)?.data as Float32Array
      return data.every((value, i) => value === before[i])
    })
    expect(still.map(([name]) => name)).toEqual([])
  })
})

describe('dropout', () => {
  it('is drawn for each image by its place in the sequence, whatever the batch', () => {
    const data = tinyData()
    const of = (batchSize: number) => {
      const model = trainingModel(tinyConfig({ batchSize, denoiser: song(0.2) }), dataFacts(data))
      const first = batches(model, data)(firstBatch)
      return { first, values: model.denoiser.dropout?.values as number, next: batches(model, data)(first.next) }
    }
    const [small, large] = [of(2), of(4)]
    expect(large.first.dropoutMask?.length).toBe(4 * large.values)
    expect(small.first.dropoutMask).toEqual(large.first.dropoutMask?.subarray(0, 2 * small.values))
    expect(small.next.dropoutMask).toEqual(large.first.dropoutMask?.subarray(2 * small.values))
  })

  it('repeats bit for bit', async () => {
    const [one, two] = [await steps({ denoiser: song(0.2) }, 2), await steps({ denoiser: song(0.2) }, 2)]
    expect(two.losses).toEqual(one.losses)
    for (const [name, { data }] of one.parameters) expect(two.parameters.get(name)?.data, name).toEqual(data)
  })

  it('changes the loss of a step, and is absent without a rate', async () => {
    const data = tinyData()
    const without = trainingModel(tinyConfig({ denoiser: song(0) }), dataFacts(data))
    expect(batches(without, data)(firstBatch).dropoutMask).toBeUndefined()
    // the branches start at almost nothing: only after a step do dropped values matter
    const losses = await Promise.all([0, 0.2].map(async rate => (await steps({ denoiser: song(rate) }, 3)).losses))
    expect(losses[0]?.[2]).not.toBe(losses[1]?.[2])
  })
})

describe('a batch in parts', () => {
  it('makes the same step as at once, to rounding', async () => {
    const changes = { denoiser: song(0.2), encoder: diffusers(true), batchSize: 6 }
    const whole = await steps(changes, 1)
    const inParts = await steps({ ...changes, imagesAtOnce: 2 }, 1)
    expect(inParts.losses[0]).toBeCloseTo(whole.losses[0] as number, 5)
    // after one step the first moment is the gradient, but for a factor
    const scale = distance(whole.firstMoment, new Float32Array(whole.firstMoment.length))
    expect(distance(inParts.firstMoment, whole.firstMoment)).toBeLessThan(1e-5 * scale)
  })

  it('is cut into the fewest equal parts that fit', () => {
    const batch = (count: number) => ({
      images: Float32Array.from({ length: 3 * count }, (_, i) => i),
      labels: Int32Array.from({ length: count }, (_, i) => i),
      draws: { t: new Float32Array(count), noise: new Float32Array(3 * count) },
    })
    const sizes = (count: number, atOnce: number | null) =>
      partsOf(batch(count), atOnce).map(part => part.draws.t.length)
    expect(sizes(8, null)).toEqual([8])
    expect(sizes(8, 16)).toEqual([8])
    expect(sizes(8, 3)).toEqual([2, 2, 2, 2])
    expect(sizes(7, 3)).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(sizes(128, 16)).toEqual(new Array(8).fill(16))
    const [, second] = partsOf(batch(4), 2)
    expect([...(second?.images ?? [])]).toEqual([6, 7, 8, 9, 10, 11])
    expect([...(second?.labels ?? [])]).toEqual([2, 3])
    expect(second?.dropoutMask).toBeUndefined()
  })
})
