/** What clients get, over a real connection, from a real model. */
import { decode } from 'fast-png'
import { unzipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { eventSchemas, imagesSchema, modelsSchema } from './api/answers.ts'
import { classes, smallModel } from './fixtures/small-model.ts'
import { events, images, post } from './fixtures/start.ts'
import { serve } from './serve.ts'

const model = await smallModel()
const server = await serve({ small: model }, { port: 0 })
const { address } = server
afterAll(async () => {
  await server.close()
  await model.dispose()
})

const request = { count: 3, seed: 7, label: 1, nfe: 5 }
const alone = await model.sample(request)
const pngOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

describe('POST /v1/images', () => {
  it('responds with JSON and a PNG per image, equal to model.sample', async () => {
    const answer = imagesSchema.parse(await images(address, request))
    expect(answer).toMatchObject({ model: 'small', seed: 7, count: 3, firstImage: 0, nfe: 5, steps: 3, solver: 'heun' })
    expect(answer).toMatchObject({ channels: 1, height: 6, width: 4 })
    for (const [i, image] of alone.images.entries()) {
      expect(answer.images[i]).toMatchObject({ index: i, label: 1, nfe: 5 })
      expect(pngOf(answer.images[i]!.png)).toEqual(await image.toPng())
    }
  })

  it('draws a seed if the request has none, and returns it', async () => {
    const request = { count: 2, label: 2 }
    const first = await images(address, request)
    const { seed } = first
    expect(await images(address, request)).not.toMatchObject({ seed })
    expect((await images(address, { ...request, seed })).images).toEqual(first.images)
  })

  it('responds with one PNG: an image, or a grid', async () => {
    const headers = { accept: 'image/png' }
    const one = await post(address, { ...request, count: 1 }, { headers })
    expect(Object.fromEntries(one.headers)).toMatchObject({
      'content-type': 'image/png',
      'mixflow-seed': '7',
      'mixflow-shape': '1,1,6,4',
      'cache-control': 'no-store',
    })
    expect(new Uint8Array(await one.arrayBuffer())).toEqual(await alone.images[0]!.toPng())
    const grid = decode(new Uint8Array(await (await post(address, request, { headers })).arrayBuffer()))
    // two columns and rows with margins of 2
    expect([grid.width, grid.height]).toEqual([2 * 6 + 2, 2 * 8 + 2])
  })

  it('responds with an archive, or raw values', async () => {
    const archive = await post(address, request, { headers: { accept: 'application/zip' } })
    const entries = unzipSync(new Uint8Array(await archive.arrayBuffer()))
    expect(Object.keys(entries)).toEqual([0, 1, 2].map(i => `seed-7-0000${i}.png`))
    expect(entries['seed-7-00002.png']).toEqual(await alone.images[2]!.toPng())
    const raw = await post(address, request, { headers: { accept: 'application/octet-stream' } })
    expect(raw.headers.get('mixflow-shape')).toBe('3,1,6,4')
    const numbers = new Float32Array(await raw.arrayBuffer())
    const expected = alone.images.flatMap(({ data }) => [...data])
    expect(numbers).toHaveLength(expected.length)
    numbers.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 5))
  })

  it('responds with the preferred type of the client, by default JSON', async () => {
    const typeFor = async (accept: string) =>
      (await post(address, { label: 0 }, { headers: { accept } })).headers.get('content-type')
    expect(await typeFor('image/png;q=0.5, application/zip')).toBe('application/zip')
    expect(await typeFor('image/*')).toBe('image/png')
    expect(await typeFor('text/html, */*')).toBe('application/json')
  })

  it('streams the events accepted, step, image and done', async () => {
    const response = await post(address, { ...request, preview: true }, { headers: { accept: 'text/event-stream' } })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const seen: string[] = []
    const pictures: string[] = []
    let fraction = 0
    for await (const { name, data } of events(response)) {
      seen.push(name)
      const schema = eventSchemas[name as keyof typeof eventSchemas]
      expect(schema.safeParse(data).error).toBeUndefined()
      if (name === 'step') {
        expect(data.fraction).toBeGreaterThanOrEqual(fraction)
        fraction = data.fraction as number
        expect(data.previews).toHaveLength(data.images as number)
      }
      if (name === 'image') pictures.push(data.png as string)
    }
    expect([seen[0], seen.at(-1)]).toEqual(['accepted', 'done'])
    expect(seen.filter(name => name === 'step').length).toBeGreaterThan(0)
    expect(pictures.map(pngOf)).toEqual(await Promise.all(alone.images.map(image => image.toPng())))
  })

  it.each([
    { nfe: 4, solver: 'euler', gridPower: 2 },
    { solver: 'dopri5', tolerance: 1e-3 },
    { label: null, count: 2, firstImage: 1000 },
    { label: [0, 1, 2], guidance: 1.5, mixtureWeight: 0.25, seed: 2 ** 53 - 1 },
    { steps: 2, count: 40, seed: 3 },
  ] as const)('takes %j as model.sample does', async request => {
    const count = 'count' in request ? request.count : 3
    const whole = { seed: 1, label: 2, ...request, count }
    const perImage = 'solver' in request && request.solver === 'dopri5'
    const expected = await model.sample({ ...whole, ...(perImage && { perImage }) } as object)
    const answer = await images(address, whole)
    expect(answer.nfe).toBeCloseTo(expected.nfe, 10)
    expect(answer.images.map(({ index, label }) => [index, label])).toEqual(
      expected.images.map(({ index, label }) => [index, label ?? null]),
    )
    for (const [i, { png }] of answer.images.entries()) {
      const [ours, theirs] = [decode(pngOf(png)).data, expected.images[i]!.toBytes()]
      ours.forEach((byte, at) => void expect(Math.abs(byte - theirs[at]!)).toBeLessThanOrEqual(1))
    }
  })
})

describe('information endpoints', () => {
  const json = async (path: string) => (await fetch(address + path)).json()

  it('GET /v1/models', async () => {
    const { models, limits } = modelsSchema.parse(await json('/v1/models'))
    expect(models[0]).toMatchObject({
      name: 'small',
      labels: { count: classes, required: false },
      device: 'cpu',
      mixtureWeight: true,
    })
    expect(models[0]!.defaults).toEqual({ solver: 'heun', steps: 3, guidance: 0, mixtureWeight: 1 })
    expect(limits).toEqual({ maxCount: 256, maxNetworkCalls: 256, maxQueue: 1024, timeoutSeconds: 60 })
  })

  it('health, readiness, and HEAD', async () => {
    expect(await json('/healthz')).toEqual({ status: 'ok' })
    expect(await json('/readyz')).toEqual({ status: 'ok' })
    expect((await fetch(`${address}/readyz`, { method: 'HEAD' })).status).toBe(200)
  })

  it('metrics, of the server and of the process', async () => {
    const response = await fetch(`${address}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    expect(text).toMatch(/^mixflow_requests_ended_total\{model="small",outcome="failed"\} 0$/m)
    expect(text).toMatch(/^mixflow_evaluation_rows_bucket\{le="4",model="small"\} \d+$/m)
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  })
})
