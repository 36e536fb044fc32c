/** The server's JSON responses, as schemas: for their types, and for `/openapi.json`. */
import { solverNames } from '@mixflow/core'
import { z } from 'zod'
import type { ModelRunner } from '../batching/model-runner.ts'

const count = z.int().min(0)
const png = z.base64().describe('A PNG file.')
const solver = z.enum(solverNames as [string, ...string[]])
const label = z.int().nullable().describe('null: no class.')
const imageShape = z.strictObject({ channels: z.int().min(1), height: z.int().min(1), width: z.int().min(1) })

const facts = z.strictObject({
  model: z.string(),
  seed: count.describe('The seed of the request, or the one drawn; with it the request can be repeated.'),
  count,
  firstImage: count,
})

const cost = z.strictObject({
  solver,
  steps: z.number().describe('Per image; the mean, for an adaptive solver.'),
  nfe: z.number().describe('Velocity evaluations per image; the mean, for an adaptive solver.'),
  networkCalls: z.number().describe('Denoiser calls per image: nfe, or twice as many with guidance.'),
  milliseconds: z.number().describe('Time from accepting the request to its last image, including waiting.'),
})

const image = z.strictObject({ index: count, label, nfe: count, png })

export const imagesSchema = z
  .strictObject({ ...facts.shape, ...cost.shape, ...imageShape.shape, images: z.array(image) })
  .describe('The images, in order.')

export type ImagesAnswer = z.infer<typeof imagesSchema>

/** Data of the events of a stream, by event name. */
export const eventSchemas = {
  accepted: facts.describe('The first event, sent at once.'),
  step: z
    .strictObject({
      step: z.int().min(1).describe('Steps completed for these images.'),
      steps: z.int().min(1).nullable().describe('Total steps; null if the solver is adaptive.'),
      t: z.number().min(0).max(1).describe('Time t reached; 1 is the finished image.'),
      firstImage: count,
      images: z.int().min(1).describe('Number of images, from firstImage on.'),
      fraction: z.number().min(0).max(1).describe('Fraction of the whole request that is done.'),
      previews: z.array(png).optional(),
    })
    .describe('Sent after a step; skipped while the client reads too slowly.'),
  image: image.describe('Sent for each finished image.'),
  done: cost.describe('The last event on success; on failure it is problem.'),
} as const

export type StreamEvents = { readonly [Name in keyof typeof eventSchemas]: z.infer<(typeof eventSchemas)[Name]> }

export const modelSchema = z
  .strictObject({
    name: z.string().describe('Name in requests.'),
    title: z.string().describe('Name in the manifest.'),
    description: z.string().nullable(),
    licence: z.string().describe('SPDX identifier of the licence of the parameters.'),
    created: z.iso.datetime(),
    image: imageShape,
    labels: z
      .strictObject({
        count: z.int().min(1),
        names: z.array(z.string()).nullable(),
        required: z
          .boolean()
          .describe('Whether each image needs a label: the model supports neither "no label" nor guidance.'),
      })
      .nullable()
      .describe('null: no classes.'),
    solvers: z.array(solver),
    mixtureWeight: z.boolean().describe('Whether a mixtureWeight above 0 is supported.'),
    variations: z.boolean().describe('Whether /v1/variations supports this model.'),
    defaults: z.record(z.string(), z.union([z.string(), z.number()])).describe('Defaults of a request.'),
    parameters: count,
    dataset: z.string(),
    imagesSeen: count.describe('Number of images seen in training.'),
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
  .describe('A model of this server.')

/** A model as `/v1/models` lists it. */
export function modelAnswer({ name, model }: ModelRunner): z.infer<typeof modelSchema> {
  const { manifest } = model
  const { methods, solvers, mixtureWeight, defaults, device, dtype } = model.capabilities()
  const { channels, height, width } = manifest.image
  const { parameters, dataset, imagesSeen } = manifest.training
  const { licence, created, labels } = manifest
  return {
    name,
    title: manifest.name,
    description: manifest.description ?? null,
    licence,
    created,
    image: { channels, height, width },
    labels: labels && { count: labels.count, names: [...(labels.names ?? [])], required: labels.required ?? false },
    solvers: [...solvers],
    mixtureWeight,
    variations: methods.includes('variations'),
    defaults: { ...defaults },
    parameters,
    dataset,
    imagesSeen,
    quality: [...manifest.quality],
    device,
    dtype,
  }
}

export const modelsSchema = z.strictObject({
  models: z.array(modelSchema),
  limits: z
    .strictObject({
      maxCount: z.int().describe('Maximum number of images per request.'),
      maxNetworkCalls: z.int().describe('Maximum number of network calls per image.'),
      maxQueue: z.int().describe('Maximum number of images of all unfinished requests of a model.'),
      timeoutSeconds: z.number(),
    })
    .describe('Limits of the server.'),
})

export const statusSchema = z.strictObject({ status: z.literal('ok') })
