/** Adam and AdamW, warm-up, and EMA: parameters and averages after each step, from given gradients. */

import { type AdamConfig, adamScalars, adamUpdate, emaKeep, learningRate, movingAverage } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import type { Context, Fixture } from '../fixture.ts'
import { tolerances } from '../report.ts'
import { numbersOf, tensorOf } from './tensors.ts'

const fraction = z.number().min(0).max(1)

const optimCase = f.strict(
  {
    ...f.each(z.string(), 'name schedule'),
    ...f.each(z.number().min(0), 'weight_decay lr'),
    optimizer: z.enum(['Adam', 'AdamW']),
    betas: z.tuple([fraction, fraction]),
    eps: z.number().positive(),
    lr_used_per_step: z.array(z.number()),
    ema_decay: fraction,
    increasing_ema: z.boolean(),
  },
  'check_float64_params check_float64_ema what',
)
type OptimCase = z.infer<typeof optimCase>

const schema = f.fixture({ cases: z.array(optimCase), tensors: f.tensors.optional() }, 'rules')

export async function checkOptim(fixture: Fixture): Promise<void> {
  const { cases, tensors: declared } = fixture.parse(schema)
  const tensors = fixture.tensors(declared)
  const [gradients] = tensors.shape('grads')
  for (const c of cases) {
    const { name, optimizer, weight_decay: decay, lr_used_per_step: rates } = c
    if (rates.length !== gradients) {
      throw fixture.invalid(`${name} has ${rates.length} learning rates for ${gradients} gradients`)
    }
    if (optimizer === 'Adam' && decay !== 0) {
      throw fixture.invalid(`${name} has Adam with weight_decay ${decay}; only AdamW supports weight decay here`)
    }
    checkSchedule(c, fixture)
    tf.tidy(() => checkSteps(c, { fixture, tensors }))
  }
  tensors.reportUnread(fixture, 'no case in the JSON refers to it')
}

function checkSchedule({ name, schedule, lr, lr_used_per_step: rates }: OptimCase, fixture: Fixture) {
  const [, kind, warmup = 0] = /^(constant|cosine)(?:_with_warmup\((\d+)(?:, total \d+)?\))?$/.exec(schedule) ?? []
  if (kind === undefined) {
    const known = 'known: constant, constant_with_warmup(n), cosine_with_warmup(n, total m)'
    throw fixture.invalid(`unknown schedule "${schedule}"`, known)
  }
  if (kind === 'cosine') {
    return fixture.report.skip(name, 'rates', 'mixflow has no cosine schedule; the steps use the rates of the fixture')
  }
  // a batch of one image, so that images are steps
  const config = { learningRate: lr, warmupImages: Number(warmup), decayFraction: 0, finalRate: 0 }
  const found = rates.map((_, i) => learningRate({ ...config, totalImages: rates.length }, i))
  fixture.report.case(name)('rates', found, rates, tolerances.double)
}

function checkSteps(c: OptimCase, { fixture, tensors }: Context): void {
  const config: AdamConfig = {
    optimizer: c.optimizer === 'Adam' ? 'adam' : 'adamw',
    beta1: c.betas[0],
    beta2: c.betas[1],
    epsilon: c.eps,
    weightDecay: c.weight_decay,
  }
  let parameters = tensorOf(tensors, 'p0')
  let ema = parameters
  let moments = { firstMoment: tf.zerosLike(parameters), secondMoment: tf.zerosLike(parameters) }
  const found: { params: number[]; ema: number[] } = { params: [], ema: [] }
  for (const [i, gradient] of tf.unstack(tensorOf(tensors, 'grads')).entries()) {
    ema = movingAverage({ ema, parameters, keep: tf.scalar(keepOf(c, i + 1)) })
    const scalars = adamScalars(config, { step: i + 1, rate: c.lr_used_per_step[i]! })
    const fed = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, tf.scalar(value)]))
    const next = adamUpdate(config, { parameters, gradient, ...moments, scalars: fed as never })
    parameters = next.parameters
    moments = next
    found.params.push(...numbersOf(parameters))
    found.ema.push(...numbersOf(ema))
  }
  const compare = fixture.report.case(c.name)
  const tolerance = { absolute: 2e-6 }
  compare('parameters after each step', found.params, tensors.float32(`${c.name}.params`), tolerance)
  compare('moving average after each step', found.ema, tensors.float32(`${c.name}.ema`), tolerance)
}

/** The increasing decay is computed here; a constant decay is that of the fixture, after a copy in the first step. */
function keepOf({ ema_decay: decay, increasing_ema: increases }: OptimCase, step: number): number {
  if (increases) return emaKeep({ batchSize: 1, emaHalfLifeImages: Math.log(0.5) / Math.log(decay) }, step)
  return step === 1 ? 0 : decay
}
