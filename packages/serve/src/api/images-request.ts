/**
 * The body of a request for images: core's sampling request as a schema, which validates it and describes it in
 * `/openapi.json`. Core then checks what depends on the model, such as its classes.
 */
import { MixflowError, maxSeed, type SolverName, solverNames } from '@mixflow/core'
import { checkKeys, checkWord, show } from '@mixflow/core/internal'
import { z } from 'zod'
import type { ResolvedOptions } from '../options.ts'

const integer = (least: number, most: number) => {
  const error = `must be an integer in ${least}..${most}`
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

const number = (least: number, most: number) => {
  const error = `must be a number in ${least}..${most}`
  return z.number({ error }).min(least, { error }).max(most, { error })
}

const classes = 'must be an index or a name of a class, an array of these, or null'
const oneClass = [z.int(), z.string()] as const

export const imagesRequestSchema = ({
  maxCount,
  maxNetworkCalls,
}: Pick<ResolvedOptions, 'maxCount' | 'maxNetworkCalls'>) =>
  z
    .strictObject({
      model: z
        .string({ error: 'must be a name' })
        .exactOptional()
        .describe('Name of the model; may be left out if the server has only one.'),
      count: integer(1, maxCount).exactOptional().describe('Number of images. Default: 1.'),
      firstImage: integer(0, maxSeed)
        .exactOptional()
        .describe('Index of the first image. Default: 0. Image i of a seed is the same in every request.'),
      seed: integer(0, maxSeed)
        .exactOptional()
        .describe('The same seed gives the same images. Default: a random seed, which the response contains.'),
      solver: z
        .enum(solverNames as [SolverName, ...SolverName[]])
        .exactOptional()
        .describe('Default: that of the model. Adaptive solvers choose the steps of each image separately.'),
      steps: integer(1, maxNetworkCalls).exactOptional().describe('Steps of a fixed-step solver. Excludes nfe.'),
      nfe: integer(1, maxNetworkCalls).exactOptional().describe('Velocity evaluations per image, instead of steps.'),
      gridPower: number(0.1, 10)
        .exactOptional()
        .describe('The times of a fixed-step solver’s steps are (i / steps)^gridPower. Default: that of the model.'),
      tolerance: number(1e-12, 0.1)
        .exactOptional()
        .describe('Relative and absolute tolerance of an adaptive solver. Default: 1e-5.'),
      label: z
        .union([...oneClass, z.array(z.union(oneClass)).max(maxCount), z.null()], { error: classes })
        .exactOptional()
        .describe(
          [
            'Class of all images, or an array with the class of each. A number is an index; a string is a name, or else an index in digits;',
            '"index:2" and "name:2" resolve the ambiguity; null or "none" is no class. Default: drawn from the seed.',
          ].join(' '),
        ),
      guidance: number(0, 1000)
        .exactOptional()
        .describe(
          'Classifier-free guidance, v(label) + guidance · (v(label) − v(no label)); 0 is off. Default: that of the model.',
        ),
      mixtureWeight: number(0, 1)
        .exactOptional()
        .describe('Mixture weight of a source conditioned on the label or noise. Default: that of the model.'),
      preview: z
        .boolean({ error: 'must be true or false' })
        .exactOptional()
        .describe('With text/event-stream: includes the images after each step.'),
    })
    .describe('What to sample. All fields are optional.')

export type ImagesRequestSchema = ReturnType<typeof imagesRequestSchema>
export type ImagesRequest = z.infer<ImagesRequestSchema>

/** The same, with the image to vary. */
export const variationsRequestSchema = (options: Pick<ResolvedOptions, 'maxCount' | 'maxNetworkCalls'>) => {
  const { label, mixtureWeight, ...shape } = imagesRequestSchema(options).shape
  return z
    .strictObject({
      image: z
        .base64({ error: 'must be a PNG in base64' })
        .describe('A PNG file of the size of the model’s images, not interlaced.'),
      ...shape,
      label: label.describe(
        'As in a sample request. Default: the class under which the model explains the image best; the response names it.',
      ),
      mixtureWeight: mixtureWeight.describe(
        'Mixture weight of the source that is conditioned on the image. Default: 0.5.',
      ),
    })
    .describe('Which image to vary, and how. All fields but the image are optional.')
}

export type VariationsRequestSchema = ReturnType<typeof variationsRequestSchema>
export type VariationsRequest = z.infer<VariationsRequestSchema>

/** Validates a body. @throws MixflowError REQUEST_INVALID for the first invalid field */
export function parseRequest<Schema extends ImagesRequestSchema | VariationsRequestSchema>(
  body: unknown,
  schema: Schema,
): z.infer<Schema> {
  const code = 'REQUEST_INVALID'
  const isVariations = 'image' in schema.shape
  checkKeys(body, Object.keys(schema.shape), { what: `the ${isVariations ? 'variations' : 'sample'} request`, code })
  if (isVariations && body.image === undefined) {
    const hint = 'add "image", a PNG file in base64'
    throw new MixflowError(code, 'the variations request has no image', { hint, details: { key: 'image' } })
  }
  if (body.solver !== undefined) checkWord(body.solver, solverNames, { what: 'solver', code })
  const { data, error } = schema.safeParse(body)
  if (error === undefined) return data as z.infer<Schema>
  const { path, message } = error.issues[0]!
  const key = String(path[0])
  throw new MixflowError(code, `${key} ${message}, got ${show(body[key])}`, { details: { key } })
}
