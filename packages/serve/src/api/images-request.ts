/**
 * The body of a request for images: the names, ranges and words of core's sampling request, as a schema that validates it and
 * describes it. What depends on the model (its classes, which solver goes with what) is checked by core after it.
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

export const imagesRequestSchema = ({ maxCount, maxNfe }: Pick<ResolvedOptions, 'maxCount' | 'maxNfe'>) =>
  z
    .strictObject({
      model: z
        .string({ error: 'must be a name' })
        .exactOptional()
        .describe('Name of a model; may be left out where there is one.'),
      count: integer(1, maxCount).exactOptional().describe('Number of images; 1 unless said.'),
      firstImage: integer(0, maxSeed)
        .exactOptional()
        .describe('Index of the first image, 0 unless said: image i of a seed is the same in every request.'),
      seed: integer(0, maxSeed)
        .exactOptional()
        .describe('The same seed gives the same images. Drawn anew unless said; the answer has it.'),
      solver: z
        .enum(solverNames as [SolverName, ...SolverName[]])
        .exactOptional()
        .describe('The model’s own unless said. An adaptive one chooses its steps for each image by itself.'),
      steps: integer(1, maxNfe).exactOptional().describe('Steps of a fixed-step solver. Not together with nfe.'),
      nfe: integer(1, maxNfe).exactOptional().describe('Evaluations of the velocity per image, instead of steps.'),
      gridPower: number(0.1, 10)
        .exactOptional()
        .describe('The times of a fixed-step solver’s steps are (i / steps)^gridPower; the model’s own unless said.'),
      tolerance: number(1e-12, 0.1)
        .exactOptional()
        .describe('Of an adaptive solver, relative and absolute; 1e-5 unless said.'),
      label: z
        .union([...oneClass, z.array(z.union(oneClass)).max(maxCount), z.null()], { error: classes })
        .exactOptional()
        .describe(
          [
            'Class of all images, or of each: a number is an index, a string a name, else an index in digits; "index:2" and "name:2" say',
            'which is meant. null or "none" for no class. Default: drawn from the seed.',
          ].join(' '),
        ),
      guidance: number(0, 1000)
        .exactOptional()
        .describe('v(label) + guidance · (v(label) − v(no label)); 0 is off. The model’s own unless said.'),
      mixtureWeight: number(0, 1)
        .exactOptional()
        .describe('Of a source that is conditioned on the label or on noise; the model’s own unless said.'),
      preview: z
        .boolean({ error: 'must be true or false' })
        .exactOptional()
        .describe('With text/event-stream: the pictures after each step come along.'),
    })
    .describe('What to sample. Everything may be left out.')

export type ImagesRequestSchema = ReturnType<typeof imagesRequestSchema>
export type ImagesRequest = z.infer<ImagesRequestSchema>

/** The same with the image that the new ones are like. */
export const variationsRequestSchema = (options: Pick<ResolvedOptions, 'maxCount' | 'maxNfe'>) => {
  const { label, mixtureWeight, ...shape } = imagesRequestSchema(options).shape
  return z
    .strictObject({
      image: z
        .base64({ error: 'must be a PNG in base64' })
        .describe('A PNG file of the size of the model’s images, not interlaced.'),
      ...shape,
      label: label.describe(
        'As in a sample request. Default: the class of the image as the model itself sees it; the answer has it.',
      ),
      mixtureWeight: mixtureWeight.describe('How much of the image’s own source is mixed in. Default: 0.5.'),
    })
    .describe('Which image to vary, and how. All but the image may be left out.')
}

export type VariationsRequestSchema = ReturnType<typeof variationsRequestSchema>
export type VariationsRequest = z.infer<VariationsRequestSchema>

/**
 * Returns the body as the schema has it.
 *
 * @throws MixflowError REQUEST_INVALID for the first thing that is wrong
 */
export function parseRequest<Schema extends ImagesRequestSchema | VariationsRequestSchema>(
  body: unknown,
  schema: Schema,
): z.infer<Schema> {
  const code = 'REQUEST_INVALID'
  const isVariations = 'image' in schema.shape
  checkKeys(body, Object.keys(schema.shape), { what: `the ${isVariations ? 'variations' : 'sample'} request`, code })
  if (isVariations && body.image === undefined) {
    const hint = 'add "image", the bytes of a PNG file in base64'
    throw new MixflowError(code, 'the variations request has no image', { hint, details: { key: 'image' } })
  }
  if (body.solver !== undefined) checkWord(body.solver, solverNames, { what: 'solver', code })
  const { data, error } = schema.safeParse(body)
  if (error === undefined) return data as z.infer<Schema>
  const { path, message } = error.issues[0]!
  const key = String(path[0])
  throw new MixflowError(code, `${key} ${message}, got ${show(body[key])}`, { details: { key } })
}
