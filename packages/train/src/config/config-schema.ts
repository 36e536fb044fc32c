/** What each setting of a training configuration may be. The type is the zoo's; this checks values of it at run time. */

import { couplings, gaussianKinds, kappas, maxSeed, mixings, solverNames } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'
import { z } from 'zod'

const count = z.int().min(1).max(1e12)
const share = z.number().min(0).max(1)
const network = z.strictObject({ kind: z.string(), options: z.record(z.string(), z.unknown()) })

const source = z.strictObject({
  kappa: z.enum(kappas),
  gaussian: z.enum(gaussianKinds),
  mixing: z.enum(mixings),
  tanh: z.boolean(),
  weight: z.union([z.literal('uniform'), share, z.strictObject({ levels: z.int().min(1) })]),
  klWeight: z.number().min(0),
  conditionOnWeight: z.boolean(),
  detachEncoder: z.boolean(),
})

export const configSchema = z.strictObject({
  data: z.string().min(1, 'must say what to train on: --data <name, folder or zip>'),
  size: z.int().min(1).max(4096).nullable(),
  channels: z.union([z.literal(1), z.literal(3)]).nullable(),
  limit: count.nullable(),
  badImages: z.enum(['refuse', 'skip']),
  badImagesLimit: share,
  labels: z.boolean(),
  flip: z.boolean(),
  seed: z.int().min(0).max(maxSeed),

  batchSize: z.int().min(1).max(65_536),
  imagesAtOnce: count.nullable(),
  totalImages: count,
  labelDropout: share,

  optimizer: z.enum(['adam', 'adamw']),
  learningRate: z.number().positive().max(10),
  beta1: z.number().min(0).lt(1),
  beta2: z.number().min(0).lt(1),
  epsilon: z.number().positive().max(1),
  weightDecay: z.number().min(0).max(10),
  warmupImages: z.int().min(0),
  decayFraction: share,
  finalRate: share,
  clipNorm: z.number().positive().nullable(),
  emaHalfLifeImages: z.number().positive(),

  coupling: z.enum(couplings),
  source: source.nullable(),
  denoiser: network,
  encoder: network.nullable(),

  sampling: z.strictObject({
    solver: z.enum(solverNames as [(typeof solverNames)[number], ...(typeof solverNames)[number][]]),
    nfe: count.max(100_000),
    gridPower: z.number().min(0.1).max(10),
    guidance: z.number().min(0).max(100),
  }),
  sampleEveryImages: count,
  checkpointEveryImages: count,
  keepCheckpoints: z.int().min(1).max(1000),
}) satisfies z.ZodType<TrainingConfig>
