/** What the server answers with, as schemas: the types of what is sent, and what `/openapi.json` says of it. */
import { solverNames } from '@mixflow/core'
import { z } from 'zod'

const count = z.int().min(0)
const png = z.base64().describe('A PNG file.')
const solver = z.enum(solverNames as [string, ...string[]])
const label = z.int().nullable().describe('null: without a class.')
const imageShape = z.strictObject({ channels: z.int().min(1), height: z.int().min(1), width: z.int().min(1) })

const facts = z.strictObject({
  model: z.string(),
  seed: count.describe('The one given, or the one drawn: with it the request can be repeated.'),
  count,
  firstImage: count,
})

const cost = z.strictObject({
  solver,
  steps: z.number().describe('Per image; of an adaptive solver, the mean.'),
  nfe: z.number().describe('Calls of the network per image, guidance included; of an adaptive solver, the mean.'),
  milliseconds: z.number().describe('From the request’s turn to be checked to its last image, waiting included.'),
})

const image = z.strictObject({ index: count, label, nfe: count, png })

export const imagesSchema = z
  .strictObject({ ...facts.shape, ...cost.shape, ...imageShape.shape, images: z.array(image) })
  .describe('The images, in order.')

export type ImagesAnswer = z.infer<typeof imagesSchema>

/** Events of a stream, by name: what their data is. */
export const eventSchemas = {
  accepted: facts.describe('First, and at once.'),
  step: z
    .strictObject({
      step: z.int().min(1).describe('Steps done for these images.'),
      steps: z.int().min(1).nullable().describe('Steps there will be; null where the solver chooses them.'),
      t: z.number().min(0).max(1).describe('Time reached: 1 is the finished image.'),
      firstImage: count,
      images: z.int().min(1).describe('So many, from firstImage on.'),
      fraction: z.number().min(0).max(1).describe('Part of the whole request that is done.'),
      previews: z.array(png).optional(),
    })
    .describe('After a step. Those that a slow reader could not take in time are left out.'),
  image: image.describe('Each image once it is finished.'),
  done: cost.describe('Last, where all went well; else problem is.'),
} as const

export type StreamEvents = { readonly [Name in keyof typeof eventSchemas]: z.infer<(typeof eventSchemas)[Name]> }

export const modelSchema = z
  .strictObject({
    name: z.string().describe('What requests call it.'),
    title: z.string().describe('What its manifest calls it.'),
    description: z.string().nullable(),
    licence: z.string().describe('SPDX identifier of the weights’ licence.'),
    created: z.iso.datetime(),
    image: imageShape,
    labels: z
      .strictObject({
        count: z.int().min(1),
        names: z.array(z.string()).nullable(),
        required: z.boolean().describe('Whether each image needs one: it knows neither "no label" nor guidance.'),
      })
      .nullable()
      .describe('null: the model has no classes.'),
    solvers: z.array(solver),
    mixtureWeight: z.boolean().describe('Whether a mixtureWeight above 0 has a meaning.'),
    variations: z.boolean().describe('Whether /v1/variations takes this model.'),
    defaults: z.record(z.string(), z.union([z.string(), z.number()])).describe('What a request leaves open.'),
    parameters: count,
    dataset: z.string(),
    imagesSeen: count.describe('In training.'),
    quality: z.array(
      z.strictObject({
        metric: z.string(),
        value: z.number(),
        n: count,
        nfe: z.number(),
        solver: z.string(),
        guidance: z.number().optional(),
      }),
    ),
    device: z.string(),
    dtype: z.enum(['float32', 'float16']),
  })
  .describe('A model that is served.')

export const modelsSchema = z.strictObject({
  models: z.array(modelSchema),
  limits: z
    .strictObject({
      maxCount: z.int().describe('Images of one request.'),
      maxNfe: z.int().describe('Calls of the network per image.'),
      maxQueue: z.int().describe('Images of all unfinished requests of a model.'),
      timeoutSeconds: z.number(),
    })
    .describe('What the server takes on.'),
})

export const statusSchema = z.strictObject({ status: z.literal('ok') })
