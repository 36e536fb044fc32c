/** Adam and AdamW, warm-up, and the moving average: each step's parameters and average from given gradients. */

import { type AdamConfig, adamScalars, adamUpdate, emaKeep, learningRate, movingAverage } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import {
  declaredTensors,
  type Fixture,
  invalid,
  parsed,
  prose,
  remarks,
  type TensorFile,
  tensorsOf,
} from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'
import { numbersOf, tensorOf } from './tensors.ts'

const share = z.number().min(0).max(1)

const optimCase = z.strictObject({
  name: z.string(),
  optimizer: z.enum(['Adam', 'AdamW']),
  betas: z.tuple([share, share]),
  eps: z.number().positive(),
  weight_decay: z.number().min(0),
  lr: z.number().min(0),
  schedule: z.string(),
  lr_used_per_step: z.array(z.number()),
  ema_decay: share,
  increasing_ema: z.boolean(),
  ...{ check_float64_params: prose, check_float64_ema: prose, what: prose },
})
type OptimCase = z.infer<typeof optimCase>

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('optim'), rules: prose },
  cases: z.array(optimCase),
  tensors: declaredTensors.optional(),
})

export async function checkOptim(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const tensors = tensorsOf(fixture, json.tensors)
  for (const c of json.cases) {
    if (c.lr_used_per_step.length !== tensors.shape('grads')[0]) {
      throw invalid(
        fixture.file,
        `${c.name} has ${c.lr_used_per_step.length} rates for ${tensors.shape('grads')[0]} gradients`,
      )
    }
    if (c.optimizer === 'Adam' && c.weight_decay !== 0) {
      throw invalid(
        fixture.file,
        `${c.name} has Adam with weight_decay ${c.weight_decay}; only AdamW decays weights here`,
      )
    }
    checkSchedule(c, report, fixture.file)
    tf.tidy(() => checkSteps(c, tensors, report))
  }
  tensors.listUnread(report, 'no case in the JSON names it')
}

function checkSchedule(
  { name, schedule, lr, lr_used_per_step: expected }: OptimCase,
  report: Report,
  file: string,
): void {
  const match = /^(constant|cosine)(?:_with_warmup\((\d+)(?:, total \d+)?\))?$/.exec(schedule)
  if (match === null)
    throw invalid(
      file,
      `unknown schedule "${schedule}"`,
      'known here: constant, constant_with_warmup(n), cosine_with_warmup(n, total m)',
    )
  if (match[1] === 'cosine') {
    report.skip(name, 'rates', 'we have no cosine schedule: the steps go at the given rates')
    return
  }
  // in units of steps, as though a batch were one image
  const config = {
    learningRate: lr,
    warmupImages: Number(match[2] ?? 0),
    decayFraction: 0,
    finalRate: 0,
    totalImages: expected.length,
  }
  const found = expected.map((_, i) => learningRate(config, i))
  report.compare(name, 'rates', { found, expected, tolerance: tolerances.double })
}

function checkSteps(c: OptimCase, tensors: TensorFile, report: Report): void {
  const config: AdamConfig = {
    optimizer: c.optimizer === 'Adam' ? 'adam' : 'adamw',
    ...{ beta1: c.betas[0], beta2: c.betas[1], epsilon: c.eps, weightDecay: c.weight_decay },
  }
  let parameters = tensorOf(tensors, 'p0')
  let ema = parameters
  let moments = { firstMoment: tf.zerosLike(parameters), secondMoment: tf.zerosLike(parameters) }
  const found: { params: number[]; ema: number[] } = { params: [], ema: [] }
  for (const [i, gradient] of tf.unstack(tensorOf(tensors, 'grads')).entries()) {
    ema = movingAverage({ ema, parameters, keep: tf.scalar(keepOf(c, i + 1)) })
    const scalars = adamScalars(config, { step: i + 1, rate: c.lr_used_per_step[i] as number })
    const fed = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, tf.scalar(value)]))
    const next = adamUpdate(config, { parameters, gradient, ...moments, scalars: fed as never })
    parameters = next.parameters
    moments = next
    found.params.push(...numbersOf(parameters))
    found.ema.push(...numbersOf(ema))
  }
  for (const [key, quantity] of [
    ['params', 'parameters'],
    ['ema', 'moving average'],
  ] as const) {
    const expected = tensors.float32(`${c.name}.${key}`)
    report.compare(c.name, `${quantity} after each step`, {
      found: found[key],
      expected,
      tolerance: { absolute: 2e-6 },
    })
  }
}

/** The increasing decay is ours; a constant one is given to our update, which copies first. */
function keepOf({ ema_decay: decay, increasing_ema: rises }: OptimCase, step: number): number {
  if (rises) return emaKeep({ batchSize: 1, emaHalfLifeImages: Math.log(0.5) / Math.log(decay) }, step)
  return step === 1 ? 0 : decay
}
