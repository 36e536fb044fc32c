import type { SampleRequest } from '@mixflow/core'
import { resolveRequest } from '@mixflow/core/internal'
import { analyticModel } from '@mixflow/core/testing'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { endpoints, openapiDocument } from './endpoints.ts'
import { imagesRequestSchema, parseRequest } from './images-request.ts'

const limits = { maxCount: 8, maxNetworkCalls: 64 }

describe('/openapi.json', () => {
  const document = openapiDocument(limits)

  it('is valid OpenAPI', async () => {
    const validator = new Validator()
    expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('has every endpoint, and the schema that validates requests', () => {
    expect(Object.keys(document.paths)).toEqual(Object.values(endpoints).map(({ path }) => path))
    expect(document.components.schemas.ImagesRequest).toMatchObject({
      additionalProperties: false,
      properties: {
        count: { type: 'integer', minimum: 1, maximum: 8 },
        mixtureWeight: { type: 'number', minimum: 0, maximum: 1 },
        label: { anyOf: [{ type: 'integer' }, { type: 'string' }, { type: 'array', maxItems: 8 }, { type: 'null' }] },
      },
    })
    expect(document.components.schemas.ImagesRequest).not.toHaveProperty('required')
    expect(document.components.schemas.VariationsRequest).toMatchObject({
      additionalProperties: false,
      required: ['image'],
      properties: { image: { type: 'string', contentEncoding: 'base64' }, count: { maximum: 8 } },
    })
  })
})

/** Each mistake: what the server says, and what a call of `sample` says. */
describe('a request over HTTP is refused with core’s messages', () => {
  const schema = imagesRequestSchema({ maxCount: 1_000_000, maxNetworkCalls: 100_000 })
  const { model } = analyticModel()
  const said = (call: () => unknown): string => {
    try {
      call()
    } catch (error) {
      const { code, message, hint } = error as { code: string; message: string; hint?: string }
      return `${code}: ${message} (${hint?.split('\n')[0]})`
    }
    return 'nothing'
  }

  it.each<Record<string, unknown>>([
    { cuont: 1 },
    { count: 0 },
    { count: 1.5 },
    { count: '1' },
    { count: null },
    { count: 1_000_001 },
    { seed: -1 },
    { seed: 2 ** 53 },
    { solver: 'hein' },
    { solver: 3 },
    { solver: null },
    { steps: 0 },
    { nfe: 100_001 },
    { gridPower: 0.01 },
    { gridPower: '1' },
    { solver: 'dopri5', tolerance: 1 },
    { label: true },
    { label: {} },
    { guidance: -1 },
    { guidance: true },
    { mixtureWeight: 1.1 },
  ])('%j', request => {
    const refusal = said(() => parseRequest(request, schema))
    expect(refusal).not.toBe('nothing')
    expect(refusal.replace(/options: .*/, '')).toBe(
      said(() => resolveRequest(request as SampleRequest, model)).replace(/options: .*/, ''),
    )
  })

  it('and a valid one is unchanged', () => {
    const request = { count: 2, seed: 1, label: [0, 1], nfe: 5, preview: false }
    expect(parseRequest(request, schema)).toEqual(request)
    expect(parseRequest({}, schema)).toEqual({})
  })
})
