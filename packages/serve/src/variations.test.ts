/** What clients get from `POST /v1/variations`, over a real connection, from real models whose κ contains the image. */
import type { SampledImage, SourceFacts } from '@mixflow/core'
import { loadModel, type NodeImage, type NodeModel } from '@mixflow/sdk-node'
import { smallModel as filesOf, folderOf } from '@mixflow/test-model'
import { decode } from 'fast-png'
import { afterAll, expect, it } from 'vitest'
import { eventSchemas, imagesSchema } from './api/answers.ts'
import { smallModel } from './fixtures/small-model.ts'
import { events, type PostOptions, post, problem } from './fixtures/start.ts'
import { serve } from './serve.ts'

const source = (kappa: 'image' | 'image+noise'): SourceFacts => ({
  kappa,
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: true,
  klWeight: 1e-5,
})

const folders: AsyncDisposable[] = []

async function modelOf(kappa: 'image' | 'image+noise', classes: number): Promise<NodeModel> {
  const folder = await folderOf(await filesOf({ classes, source: source(kappa) }))
  // the encoder is read when it is first needed
  folders.push(folder)
  return await loadModel(folder.path, { threads: 1 })
}

const models = {
  plain: await modelOf('image', 4),
  noise: await modelOf('image+noise', 0),
  label: await smallModel(),
}
const server = await serve(models, { port: 0, largestBatch: 6 })
afterAll(async () => {
  await server.close()
  for (const model of Object.values(models)) await model.dispose()
  for (const folder of folders) await folder[Symbol.asyncDispose]()
})

const [picture] = (await models.plain.sample({ seed: 3, label: 2 })).images as readonly [NodeImage]
const png = await picture.toPng()
const given = picture.toImageData()
const image = Buffer.from(png).toString('base64')
const ask = (body: object, options?: PostOptions) =>
  post(server.address, { model: 'plain', image, ...body }, { ...options, path: '/v1/variations' })
const bytesOf = (base64: string) => decode(Buffer.from(base64, 'base64')).data

it.each<[keyof typeof models, object]>([
  ['plain', { count: 9, seed: 5 }],
  ['plain', { count: 3, seed: 6, label: 1, mixtureWeight: 0.9, nfe: 3 }],
  ['plain', { count: 2, seed: 6, label: [0, 3], guidance: 1 }],
  ['plain', { count: 2, seed: 6, label: null }],
  ['noise', { count: 5, seed: 7, solver: 'euler', steps: 2 }],
])('gives those of model.variations: %s %j', async (name, request) => {
  const expected = await models[name].variations(given, request)
  const answer = imagesSchema.parse(await (await ask({ model: name, ...request })).json())
  expect(answer).toMatchObject({ model: name, seed: expected.seed, count: expected.images.length, nfe: expected.nfe })
  for (const [i, { index, label, png }] of answer.images.entries()) {
    const theirs = expected.images[i] as SampledImage
    expect([index, label]).toEqual([theirs.index, theirs.label ?? null])
    const bytes = theirs.toBytes()
    bytesOf(png).forEach((byte, at) => void expect(Math.abs(byte - bytes[at]!)).toBeLessThanOrEqual(1))
  }
})

it('names the class in a header, in every format', async () => {
  const { label } = (await models.plain.variations(given, { seed: 1 })).images[0] as SampledImage
  for (const accept of ['application/json', 'image/png', 'application/octet-stream']) {
    const { headers } = await ask({ seed: 1, count: 2 }, { headers: { accept } })
    expect(headers.get('mixflow-label'), accept).toBe(String(label))
  }
  expect((await ask({ label: null })).headers.get('mixflow-label')).toBeNull()
  expect((await ask({ label: [1, 2], count: 2 })).headers.get('mixflow-label')).toBeNull()
})

it('streams', async () => {
  const response = await ask({ count: 2, preview: true }, { headers: { accept: 'text/event-stream' } })
  const seen: string[] = []
  for await (const { name, data } of events(response)) {
    seen.push(name)
    expect(eventSchemas[name as keyof typeof eventSchemas].safeParse(data).error).toBeUndefined()
  }
  expect([seen[0], seen.filter(name => name === 'image').length, seen.at(-1)]).toEqual(['accepted', 2, 'done'])
})

it.each<[string, object, number, RegExp]>([
  ['no image', { image: undefined }, 400, /the variations request has no image/],
  ['no base64', { image: 'a picture' }, 400, /image must be a PNG in base64, got "a picture"/],
  ['no PNG', { image: 'AAAA' }, 400, /image is not a readable PNG/],
  ['a model without such a source', { model: 'label' }, 400, /conditioned on the image; .* with κ = label/],
  ['an unknown key', { lable: 1 }, 400, /unknown option "lable" in the variations request/],
  ['a class that is not there', { label: 9 }, 400, /label must be an integer in 0\.\.3, got 9/],
  ['too large a body', { image: 'A'.repeat(400_000) }, 413, /the body must have at most \d+ bytes/],
])('refuses %s', async (_, body, status, detail) => {
  expect(await problem(ask(body))).toMatchObject({ status, detail: expect.stringMatching(detail) })
})

it('refuses an image of another size, naming both', async () => {
  const other = Buffer.from(png)
  other.writeUInt32BE(5, 16)
  expect(await problem(ask({ image: other.toString('base64') }))).toMatchObject({
    status: 400,
    code: 'REQUEST_INVALID',
    detail: "image is 6 × 5 pixels (height × width); the model's images are 6 × 4",
    hint: 'resize it to 6 × 4',
  })
})
