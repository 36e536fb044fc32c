/** Numbers that are known in advance: exact velocities, encoders that give the answer away, and a run's own networks. */

import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { float32Backend, normals, type SamplerModel, toBytes } from '@mixflow/core'
import type { StoredTensor } from '@mixflow/core/internal'
import { analyticModel } from '@mixflow/core/testing'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadedCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { createDataset, type Dataset } from '../data/dataset.ts'
import { idxBytes } from '../data/fixtures/idx-bytes.ts'
import { openHeldOut } from '../data/open-data.ts'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { train } from '../loop/train-loop.ts'
import { ParameterVector, restoredState } from '../step/train-state.ts'
import { dataFacts, trainingModel, under } from '../step/training-model.ts'
import { flowLosses } from './flow-metrics.ts'
import { checkpointNetworks, openCheckpoint } from './open-checkpoint.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-evaluate-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('flowLosses', () => {
  const { model, backend, deviation, meanOf } = analyticModel({ classes: 3, deviation: 0.25 })
  const { channels, height, width } = model.image
  const elements = channels * height * width
  const count = 900

  /** Images of class c: meanOf(c) + deviation · z in each pixel, which is what the analytic model knows exactly. */
  function gaussianData(changes: Partial<Dataset> = {}): Dataset {
    const labels = Int32Array.from({ length: count }, (_, i) => i % 3)
    const z = normals({ seed: 1, stream: 'probe', images: count, elementsPerImage: elements })
    const pixels = z.map((value, i) => meanOf(labels[Math.floor(i / elements)]) + deviation * value)
    const shape = { channels, height, width } as { channels: 3; height: number; width: number }
    const parts = { name: 'gaussian', split: 'train' as const, licence: null, attribution: null, ...shape }
    return createDataset({ ...parts, images: toBytes(pixels), labels, classNames: ['a', 'b', 'c'], ...changes })
  }
  const data = gaussianData()

  it('measures the irreducible loss of exact velocities', async () => {
    const { flowLoss, images } = await flowLosses({ model, backend }, data, { count, batchSize: 300 })
    expect(images).toBe(count)
    expect(flowLoss.map(({ mixtureWeight }) => mixtureWeight)).toEqual([0])
    const least = (t: number) => deviation * Math.atan2(t * deviation, 1 - t)
    for (const { from, to, loss, standardError } of flowLoss[0]?.bins ?? []) {
      const expected = (least(to) - least(from)) / (to - from)
      // bytes are no exact Gaussian
      expect(Math.abs(loss - expected)).toBeLessThan(4 * standardError + 0.01 * expected)
    }
  })

  it('does not depend on the batch size, but on the seed', async () => {
    const options = { count: 50 }
    const one = await flowLosses({ model, backend }, data, options)
    const other = await flowLosses({ model, backend }, data, { ...options, batchSize: 7 })
    expect(other.flowLoss).toEqual(one.flowLoss)
    const seeded = await flowLosses({ model, backend }, data, { ...options, seed: 1 })
    expect(seeded.flowLoss[0]?.loss).not.toBe(one.flowLoss[0]?.loss)
  })

  const conditioned: SamplerModel = {
    ...model,
    source: {
      ...({ kappa: 'image', gaussian: 'mean-variance', mixing: 'distribution' } as const),
      ...{ tanh: false, conditionOnWeight: true, klWeight: 0 },
    },
  }

  it('measures the conditioned source at w = ½ and 1, with the denoiser conditioned on w', async () => {
    const told = new Set<number | undefined>()
    const still = float32Backend({
      velocity: (x, { w }) => {
        told.add(w?.[0])
        return new Float32Array(x.length)
      },
      // knows the image: x0 = x1 at w = 1, x1 / 2 + √½ ε at w = ½
      encode: async kappa => ({ mean: kappa as Float32Array, logVariance: new Float32Array(kappa.length).fill(-40) }),
    })
    const { flowLoss } = await flowLosses({ model: conditioned, backend: still }, data, { count, batchSize: 300 })
    const square = data.batch(Array.from({ length: count }, (_, i) => i)).images.reduce((sum, x) => sum + x * x, 0)
    const power = square / (count * elements)
    const expected = [1 + power, 0.5 + power / 4, 0]
    expect(flowLoss.map(({ mixtureWeight }) => mixtureWeight)).toEqual([0, 0.5, 1])
    flowLoss.forEach(({ loss, standardError }, i) => {
      expect(Math.abs(loss - (expected[i] as number))).toBeLessThan(4 * standardError + 1e-6)
    })
    expect([...told].sort()).toEqual([0, 0.5, 1])
  })

  it('uses data without classes as images without a label', async () => {
    const seen = new Set<number>()
    const watched = float32Backend({
      velocity: (x, { label }) => {
        for (const value of label as Int32Array) seen.add(value)
        return x
      },
    })
    await flowLosses({ model, backend: watched }, gaussianData({ labels: null, classNames: null }), {
      count: 5,
    })
    expect([...seen]).toEqual([3])
    const needy = { ...model, labels: { count: 3, required: true } }
    const unlabelled = gaussianData({ labels: null, classNames: null })
    await expect(flowLosses({ model: needy, backend }, unlabelled)).rejects.toThrow(/has no labels/)
  })

  it.each<[string, Partial<Dataset>, RegExp]>([
    ['another shape', { channels: 3, height: 5, width: 4 }, /are 3×5×4, those of the model 3×4×5/],
    ['other classes', { classNames: ['a', 'b', 'c', 'd'] }, /has 4 classes, the model 3/],
    [
      'classes of other names',
      { classNames: ['a', 'b', 'd'] },
      /the classes of .* are a, b, d, those of the model a, b, c$/,
    ],
    ['classes in another order', { classNames: ['b', 'a', 'c'] }, /are b, a, c, those of the model a, b, c$/],
  ])('refuses data of %s', async (_, changes, message) => {
    const named = { ...model, labels: { count: 3, names: ['a', 'b', 'c'] } }
    await expect(flowLosses({ model: named, backend }, gaussianData(changes))).rejects.toThrow(message)
  })

  it('refuses a count of 0, and stops when aborted', async () => {
    await expect(flowLosses({ model, backend }, data, { count: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    const signal = AbortSignal.abort()
    await expect(flowLosses({ model, backend }, data, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('the networks of a run', () => {
  const folder = join(root, 'run')
  let checkpoint: string
  beforeAll(async () => {
    await useOnnxBackend({ threads: 1 })
    checkpoint = (await train({ config: tinyConfig({ totalImages: 60 }), data: tinyData(), folder })).checkpoint
  })

  it('are those of its newest checkpoint, with the moving average, and leak no tensor', async () => {
    const tensors = tf.memory().numTensors
    const loaded = await openCheckpoint(folder)
    expect(loaded.folder).toBe(checkpoint)
    expect((await openCheckpoint(checkpoint)).record).toEqual(loaded.record)
    const { trained, backend, dispose } = checkpointNetworks(loaded)
    const x = normals({ seed: 2, stream: 'noise', images: 2, elementsPerImage: 64 })
    const inputs = { t: Float32Array.of(0.2, 0.9), label: Int32Array.of(1, 4) }
    const velocity = await backend.velocity(x, inputs)
    const expected = tf.tidy(() => {
      const vector = new ParameterVector(trained.parameters)
      const own = under('denoiser', vector.split(restoredState(vector, loaded).ema))
      const output = trained.denoiser.apply(own, tf.tensor4d(x, [2, 8, 8, 1]), tf.tensor1d(inputs.t), {
        label: tf.tensor1d(inputs.label, 'int32'),
        mixtureWeight: undefined,
      })
      return output.dataSync()
    })
    expect(Math.max(...velocity.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(1e-5)
    expect(Math.max(...velocity.map(Math.abs))).toBeGreaterThan(1e-3)
    dispose()
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('pass the label to an encoder with a class embedding', async () => {
    const own = join(root, 'told')
    const options = { channels: [32, 32], blocks: 1, attention: [], headChannels: 8 }
    const encoder = {
      kind: 'diffusers-unet',
      options: { ...options, middle: true, timeEmbedding: true, classEmbedding: true },
    }
    await train({ config: tinyConfig({ encoder, totalImages: 12 }), data: tinyData(), folder: own })
    const loaded = await openCheckpoint(own)
    expect(loaded.record.source?.encoderLabel).toBe(true)
    const { dispose, ...networks } = checkpointNetworks(loaded)
    const x1 = normals({ seed: 2, stream: 'probe', images: 2, elementsPerImage: 64 })
    const meanOf = async (label: Int32Array) => [...((await networks.backend.encode?.(x1, label))?.mean ?? [])]
    const [zeros, mixed] = [await meanOf(Int32Array.of(0, 0)), await meanOf(Int32Array.of(0, 3))]
    expect(mixed.slice(0, 64)).toEqual(zeros.slice(0, 64))
    expect(mixed.slice(64)).not.toEqual(zeros.slice(64))
    const { flowLoss } = await flowLosses(networks, tinyData(), { count: 8 })
    expect(flowLoss.map(({ mixtureWeight }) => mixtureWeight)).toEqual([0, 0.5, 1])
    dispose()
  })

  it('can be evaluated but not resumed without the optimizer state', async () => {
    const loaded = await openCheckpoint(folder)
    const none: ReadonlyMap<string, StoredTensor> = new Map()
    const velocityOf = async (tensors: Partial<LoadedCheckpoint['tensors']>) => {
      const { backend, dispose } = checkpointNetworks({ ...loaded, tensors: { ...loaded.tensors, ...tensors } })
      const x = normals({ seed: 2, stream: 'noise', images: 1, elementsPerImage: 64 })
      const velocity = await backend.velocity(x, { t: Float32Array.of(0.5), label: Int32Array.of(1) })
      dispose()
      return [...velocity]
    }
    const averaged = await velocityOf({})
    expect(await velocityOf({ weights: none, optimizer: none })).toEqual(averaged)
    expect(await velocityOf({ weights: loaded.tensors.ema, ema: none, optimizer: none })).toEqual(averaged)
    expect(await velocityOf({ ema: none })).not.toEqual(averaged)

    const vector = new ParameterVector(trainingModel(tinyConfig(), loaded.record).parameters)
    for (const role of ['weights', 'ema', 'optimizer'] as const) {
      const tensors = { ...loaded.tensors, [role]: none }
      expect(() => restoredState(vector, { ...loaded, tensors })).toThrow(`it has no ${role}`)
    }
  })

  it('require labels if training had no label dropout', () => {
    const asked = (labelDropout: number) =>
      trainingModel(tinyConfig({ labelDropout }), dataFacts(tinyData())).sampler.labels
    expect(asked(0.1)).toMatchObject({ count: 4 })
    expect(asked(0.1)).not.toHaveProperty('required')
    expect(asked(0)).toMatchObject({ count: 4, required: true })
  })

  it('are evaluated from all three sources', async () => {
    const { dispose, ...networks } = checkpointNetworks(await openCheckpoint(folder))
    const fractions: number[] = []
    const onProgress = (fraction: number) => fractions.push(fraction)
    const options = { count: 12, batchSize: 6, onProgress }
    const result = await flowLosses(networks, tinyData(), options)
    expect(result.flowLoss.map(({ mixtureWeight, bins }) => [mixtureWeight, bins.length])).toEqual([
      [0, 10],
      [0.5, 10],
      [1, 10],
    ])
    const numbers = result.flowLoss.flatMap(({ bins }) => bins.map(({ loss }) => loss))
    expect(numbers.every(Number.isFinite)).toBe(true)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
    dispose()
  })

  it('let signals be handled: an abort ends the work', async () => {
    const { dispose, ...networks } = checkpointNetworks(await openCheckpoint(folder))
    const stop = new AbortController()
    setImmediate(() => stop.abort())
    const ended = flowLosses(networks, tinyData(), { count: 6, signal: stop.signal })
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED' })
    dispose()
  })

  it('require a checkpoint', async () => {
    await expect(openCheckpoint(join(root, 'nothing'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
  })
})

describe('held-out data', () => {
  const pair = async (half: string, images: number) => {
    await writeFile(join(root, `${half}-images-idx3-ubyte`), idxBytes([images, 2, 2], new Uint8Array(4 * images)))
    await writeFile(join(root, `${half}-labels-idx1-ubyte`), idxBytes([images], new Uint8Array(images)))
  }

  it('is the test part, or the training part if there is no test part', async () => {
    await pair('train', 3)
    for (const spec of [`mnist:${root}`, root, join(root, 'train-images-idx3-ubyte')]) {
      expect(await openHeldOut(spec)).toMatchObject({ split: 'train', count: 3 })
    }
    await pair('t10k', 2)
    for (const spec of [`mnist:${root}`, root]) {
      expect(await openHeldOut(spec, { limit: 5 })).toMatchObject({ split: 'test', count: 2 })
    }
    expect(await openHeldOut('quickstart', { limit: 4 })).toMatchObject({ split: 'train', count: 4 })
  })

  it('must exist', async () => {
    await expect(openHeldOut(join(root, 'nowhere/'))).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
    await expect(openHeldOut('quickstart', { size: -1 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
