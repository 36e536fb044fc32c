/** Optimizer, warm-up and moving average against eight steps of the reference implementation. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { distance, reference } from '../fixtures/reference.ts'
import { type AdamConfig, adamScalars, adamUpdate, emaKeep, learningRate, movingAverage } from './optimizer.ts'

interface OptimCase {
  readonly name: string
  readonly optimizer: 'Adam' | 'AdamW'
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly weight_decay: number
  readonly lr: number
  readonly schedule: string
  readonly lr_used_per_step: readonly number[]
  readonly ema_decay: number
  readonly increasing_ema: boolean
}

beforeAll(async () => {
  await useOnnxBackend()
})

const numbers = reference<{ cases: readonly OptimCase[] }>('optim')

describe.skipIf(numbers === undefined)('Adam against the reference implementation', () => {
  if (numbers === undefined) return
  const { json, tensor } = numbers
  it.each(json.cases.map(c => [c.name, c] as const))('%s', (name, c) => {
    const config: AdamConfig = {
      optimizer: c.optimizer === 'Adam' ? 'adam' : 'adamw',
      beta1: c.betas[0],
      beta2: c.betas[1],
      epsilon: c.eps,
      weightDecay: c.weight_decay,
    }
    const gradients = tf.unstack(tf.tensor(tensor('grads').data, [8, 6]))
    const expected = { params: tensor(`${name}.params`).data, ema: tensor(`${name}.ema`).data }
    let parameters: tf.Tensor = tf.tensor1d(tensor('p0').data)
    let ema: tf.Tensor = parameters
    let moments = { firstMoment: tf.zeros([6]) as tf.Tensor, secondMoment: tf.zeros([6]) as tf.Tensor }
    gradients.forEach((gradient, i) => {
      // the average first, then the optimizer; the first update copies
      const decay = c.increasing_ema
        ? Math.min(c.ema_decay, i === 0 ? 0 : (1 + i) / (10 + i))
        : i === 0
          ? 0
          : c.ema_decay
      ema = movingAverage({ ema, parameters, keep: tf.scalar(decay) })
      const scalars = adamScalars(config, { step: i + 1, rate: c.lr_used_per_step[i] as number })
      const fed = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, tf.scalar(value)]))
      const next = adamUpdate(config, { parameters, gradient, ...moments, scalars: fed as never })
      parameters = next.parameters
      moments = next
      expect(distance(parameters.dataSync(), expected.params.subarray(6 * i, 6 * i + 6)), `step ${i}`).toBeLessThan(
        2e-6,
      )
      expect(distance(ema.dataSync(), expected.ema.subarray(6 * i, 6 * i + 6)), `average ${i}`).toBeLessThan(2e-6)
    })
  })

  it('constant rate with warm-up', () => {
    const c = json.cases.find(({ schedule }) => schedule === 'constant_with_warmup(3)') as OptimCase
    const config = { learningRate: c.lr, warmupImages: 3, decayFraction: 0, finalRate: 0, totalImages: 8 }
    for (const [i, rate] of c.lr_used_per_step.entries()) expect(learningRate(config, i)).toBeCloseTo(rate, 12)
  })
})

describe('schedules', () => {
  const config = { learningRate: 2, warmupImages: 10, decayFraction: 0.25, finalRate: 0.1, totalImages: 100 }
  it('rises, holds, falls', () => {
    expect([0, 5, 10, 75, 100].map(at => learningRate(config, at))).toEqual([0, 1, 2, 2, 0.2])
    expect(learningRate(config, 87.5)).toBeCloseTo(1.1)
    expect(learningRate(config, 1000)).toBeCloseTo(0.2)
  })

  it('the moving average copies first, forgets fast at the beginning, and half in its half-life later', () => {
    const ema = { emaHalfLifeImages: 1000, batchSize: 10 }
    expect(emaKeep(ema, 1)).toBe(0)
    expect(emaKeep(ema, 2)).toBeCloseTo(2 / 11)
    expect(emaKeep(ema, 100_000) ** 100).toBeCloseTo(0.5)
  })
})
