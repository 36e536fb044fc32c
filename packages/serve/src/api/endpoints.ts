/** Every endpoint as data: routes are made of it, and `/openapi.json`, so that neither knows one that the other does not. */
import type { z } from 'zod'
import { problemSchema, problemType } from '../http/problem.ts'
import type { ResolvedOptions } from '../options.ts'
import { eventSchemas, imagesSchema, modelsSchema, statusSchema } from './answers.ts'
import { mediaTypes } from './encode-images.ts'
import { imagesRequestSchema, variationsRequestSchema } from './images-request.ts'

export interface Endpoint {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly summary: string
  readonly description?: string
  /** Name among `schemas`. */
  readonly request?: SchemaName
  /** Media type -> name among `schemas`, or null for what is no JSON. */
  readonly answer: Readonly<Record<string, SchemaName | null>>
  /** Headers that come with the answer, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>
}

export type EndpointName =
  | 'createImages'
  | 'createVariations'
  | 'listModels'
  | 'health'
  | 'readiness'
  | 'metrics'
  | 'openapi'

export type SchemaName =
  | 'ImagesRequest'
  | 'VariationsRequest'
  | 'Images'
  | 'Models'
  | 'Status'
  | 'Problem'
  | `${Capitalize<keyof typeof eventSchemas>}Event`

export const schemas = (options: Pick<ResolvedOptions, 'maxCount' | 'maxNfe'>) =>
  ({
    ImagesRequest: imagesRequestSchema(options),
    VariationsRequest: variationsRequestSchema(options),
    Images: imagesSchema,
    AcceptedEvent: eventSchemas.accepted,
    StepEvent: eventSchemas.step,
    ImageEvent: eventSchemas.image,
    DoneEvent: eventSchemas.done,
    Models: modelsSchema,
    Status: statusSchema,
    Problem: problemSchema,
  }) satisfies Record<SchemaName, z.ZodType>

const notJson = Object.fromEntries(mediaTypes.filter(type => type !== 'application/json').map(type => [type, null]))

const imageHeaders = {
  'Mixflow-Seed': 'The seed that was given or drawn.',
  'Mixflow-Shape': 'Images, channels, height and width, with commas between.',
  'Mixflow-Label': 'Index of the class of all images; absent where they have none, or several.',
}

export const endpoints: Readonly<Record<EndpointName, Endpoint>> = {
  createImages: {
    method: 'post',
    path: '/v1/images',
    summary: 'Sample images.',
    description: [
      'The form follows the Accept header: JSON with a PNG for each image; image/png for one picture, a grid where there are several;',
      'application/zip for an archive of PNGs; application/octet-stream for float32 numbers [N, C, H, W] in little-endian order;',
      'text/event-stream for progress: the events accepted, step, image, and last done or problem, whose data are the schemas',
      'AcceptedEvent, StepEvent, ImageEvent, DoneEvent and Problem.',
      'Image i of a seed is the same whatever else is asked for; requests of all clients share evaluations of the network.',
    ].join(' '),
    request: 'ImagesRequest',
    answer: { 'application/json': 'Images', ...notJson },
    headers: imageHeaders,
  },
  createVariations: {
    method: 'post',
    path: '/v1/variations',
    summary: 'Sample images like a given one.',
    description: [
      'For models whose "variations" is true in /v1/models. The answer has the forms of /v1/images. Where label is left open, all images',
      'have the class under which the model itself explains the given image best; the answer says which.',
    ].join(' '),
    request: 'VariationsRequest',
    answer: { 'application/json': 'Images', ...notJson },
    headers: imageHeaders,
  },
  listModels: {
    method: 'get',
    path: '/v1/models',
    summary: 'The models that are served, and what a request may ask for.',
    answer: { 'application/json': 'Models' },
  },
  health: {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process answers.',
    answer: { 'application/json': 'Status' },
  },
  readiness: {
    method: 'get',
    path: '/readyz',
    summary: 'Whether it takes requests: 503 once it is stopping.',
    answer: { 'application/json': 'Status' },
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    summary: 'What the server counts, for Prometheus.',
    answer: { 'text/plain': null },
  },
  openapi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    answer: { 'application/json': null },
  },
}

/** What any of them may answer instead. */
export const problemAnswer = { type: problemType, schema: 'Problem' } as const satisfies {
  type: string
  schema: SchemaName
}
