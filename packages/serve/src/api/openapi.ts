/** The OpenAPI 3.1 document, made of the endpoints and the schemas that validate requests. */
import { z } from 'zod'
import type { ResolvedOptions } from '../options.ts'
import { type Endpoint, endpoints, problemAnswer, type SchemaName, schemas } from './endpoints.ts'

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
        content: { [problemAnswer.type]: { schema: reference(problemAnswer.schema) } },
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
