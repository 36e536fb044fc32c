/** All endpoints as data, from which both the routes and `/openapi.json` are made. */
import { z } from 'zod'
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
  readonly request?: SchemaName
  /** By media type; null if it is not JSON. */
  readonly answer: Readonly<Record<string, SchemaName | null>>
  /** Headers of the response, with their descriptions. */
  readonly headers?: Readonly<Record<string, string>>
}

export type EndpointName = keyof typeof endpoints
type SchemaName = keyof ReturnType<typeof schemas>

export const schemas = (options: Pick<ResolvedOptions, 'maxCount' | 'maxNetworkCalls'>) =>
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
  }) satisfies Record<string, z.ZodType>

const notJson = Object.fromEntries(mediaTypes.filter(type => type !== 'application/json').map(type => [type, null]))

const imageHeaders = {
  'Mixflow-Seed': 'The seed of the request, or the one drawn.',
  'Mixflow-Shape': 'Number of images, channels, height and width, separated by commas.',
  'Mixflow-Label': 'Index of the class of all images; absent if they have none or several.',
}

export const endpoints = {
  createImages: {
    method: 'post',
    path: '/v1/images',
    summary: 'Sample images.',
    description: [
      'The Accept header selects the format: JSON with a PNG per image; image/png for one image, or a grid of several;',
      'application/zip for an archive of PNGs; application/octet-stream for float32 values [N, C, H, W] in little-endian order;',
      'text/event-stream for progress: the events accepted, step, image, and finally done or problem, whose data have the schemas',
      'AcceptedEvent, StepEvent, ImageEvent, DoneEvent and Problem.',
      'Image i of a seed is the same in every request; requests of all clients share evaluations of the network.',
    ].join(' '),
    request: 'ImagesRequest',
    answer: { 'application/json': 'Images', ...notJson },
    headers: imageHeaders,
  },
  createVariations: {
    method: 'post',
    path: '/v1/variations',
    summary: 'Sample variations of an image.',
    description: [
      'For models whose "variations" is true in /v1/models. Responses have the formats of /v1/images. If label is left out, all images',
      'have the class under which the model explains the image best; the response names it.',
    ].join(' '),
    request: 'VariationsRequest',
    answer: { 'application/json': 'Images', ...notJson },
    headers: imageHeaders,
  },
  listModels: {
    method: 'get',
    path: '/v1/models',
    summary: 'The models of the server, and its limits.',
    answer: { 'application/json': 'Models' },
  },
  health: {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process is alive.',
    answer: { 'application/json': 'Status' },
  },
  readiness: {
    method: 'get',
    path: '/readyz',
    summary: 'Whether the server accepts requests; 503 while it is stopping.',
    answer: { 'application/json': 'Status' },
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    answer: { 'text/plain': null },
  },
  openapi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    answer: { 'application/json': null },
  },
} as const satisfies Record<string, Endpoint>

export function openapiDocument(options: Pick<ResolvedOptions, 'maxCount' | 'maxNetworkCalls'>) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, endpoint] of Object.entries(endpoints)) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: { operationId, ...operation(endpoint) } }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'mixflow',
      version: '1',
      summary: 'Few-step image generation.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas(options)).map(([name, schema]) => [name, jsonSchema(schema)])),
    },
  }
}

function operation({ summary, description, request, answer, headers }: Endpoint) {
  return {
    summary,
    ...(description !== undefined && { description }),
    ...(request && {
      requestBody: { required: true, content: { 'application/json': { schema: reference(request) } } },
    }),
    responses: {
      200: {
        description: 'Success.',
        ...(headers && {
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, header(text)])),
        }),
        content: Object.fromEntries(
          Object.entries(answer).map(([type, schema]) => [type, schema === null ? {} : { schema: reference(schema) }]),
        ),
      },
      default: {
        description: 'Error.',
        content: { [problemType]: { schema: reference('Problem') } },
      },
    },
  }
}

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` })

const header = (description: string) => ({ description, schema: { type: 'string' } })

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema)
  return rest
}
