/** What a server answers where something is wrong: with the request, with the queue, with the model, or with the client. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { MixflowError } from '@mixflow/core'
import { afterEach, describe, expect, it } from 'vitest'
import { events, images, metric, post, problem } from './fixtures/client.ts'
import { gated } from './fixtures/gate.ts'
import { broken, smallModel } from './fixtures/small-model.ts'
import type { LogRecord } from './http/log.ts'
import { type RunningServer, type ServeOptions, serve } from './index.ts'

const model = await smallModel()
const open: RunningServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(options: ServeOptions = {}, served = { small: model as Parameters<typeof serve>[0][string] }) {
  const log: LogRecord[] = []
  const server = await serve(served, { port: 0, log: record => log.push(record), ...options })
  open.push(server)
  return { ...server, log }
}

const json = { 'content-type': 'application/json' }

describe('a request is refused', () => {
  it.each<[string, unknown, number, RegExp]>([
    ['no JSON', '{"count": 1', 400, /the body is no JSON/],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 400, /not UTF-8/],
    ['no object', [1], 400, /the sample request must be an object, got an array of 1/],
    ['an unknown key', { cuont: 1 }, 400, /unknown option "cuont" in the sample request/],
    ['a key that is not for others', { batchSize: 4 }, 400, /unknown option "batchSize"/],
    ['a wrong type', { count: '4' }, 400, /count must be an integer in 1\.\.8, got "4"/],
    ['too many images', { count: 9 }, 400, /count must be an integer in 1\.\.8, got 9/],
    ['a contradiction', { nfe: 5, steps: 3 }, 400, /steps \(3\) and nfe \(5\) exclude each other/],
    ['a class that is not there', { label: 4 }, 400, /label must be an integer in 0\.\.3, got 4/],
    ['too many evaluations', { solver: 'rk4', steps: 20 }, 400, /at most 64 calls of the network per image, not 80/],
    ['too many with guidance', { label: 0, guidance: 1, nfe: 33 }, 400, /at most 64 .* not 66/],
    ['an unknown model', { model: 'smal' }, 404, /no model is called "smal" here/],
    ['previews without a stream', { preview: true }, 400, /preview is for streams/],
  ])('%s', async (_, body, status, message) => {
    const { address } = await start({ maxCount: 8, maxNfe: 64 })
    const answer = await problem(post(address, body))
    expect(answer.status).toBe(status)
    expect(answer.code).toBe(status === 404 ? 'MODEL_NOT_FOUND' : 'REQUEST_INVALID')
    expect(answer.detail).toMatch(message)
    expect(JSON.stringify(answer)).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.ts\b/)
    expect(await metric(address, 'mixflow_requests_accepted_total')).toBe(0)
  })

  it.each<[string, string, RequestInit, number, RegExp]>([
    ['a path that is not there', '/v1/image', {}, 404, /nothing at "\/v1\/image"/],
    ['another method', '/v1/images', {}, 405, /takes POST, not GET/],
    ['another method of what is read', '/metrics', { method: 'DELETE' }, 405, /takes GET, HEAD, not DELETE/],
    ['another type', '/v1/images', { method: 'POST', body: '{}' }, 415, /must be application\/json/],
    [
      'a compressed body',
      '/v1/images',
      { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: '{}' },
      415,
      /compressed/,
    ],
    [
      'a form that it does not make',
      '/v1/images',
      { method: 'POST', headers: { ...json, accept: 'image/webp' }, body: '{}' },
      406,
      /"image\/webp"/,
    ],
    [
      'too large a body',
      '/v1/images',
      { method: 'POST', headers: json, body: ' '.repeat(65_537) },
      413,
      /at most 65536 bytes/,
    ],
  ])('%s', async (_, path, init, status, message) => {
    const { address } = await start()
    const answer = await problem(fetch(address + path, init))
    expect(answer).toMatchObject({ status, code: 'HTTP_INVALID', detail: expect.stringMatching(message) })
    if (status === 405) expect(answer.headers.get('allow')).not.toBeNull()
  })

  it('too large a body of unknown length, as soon as it is', async () => {
    const { address } = await start()
    const status = await new Promise((resolve, reject) => {
      const call = httpRequest(`${address}/v1/images`, { method: 'POST', headers: json }, response => {
        resolve(response.statusCode)
        response.resume()
        call.destroy()
      })
      call.on('error', reject)
      for (let i = 0; i < 70; i++) call.write(' '.repeat(1000))
    })
    expect(status).toBe(413)
  })

  it('with the hint that names what was meant', async () => {
    const { address } = await start()
    expect((await problem(post(address, { stpes: 1 }))).hint).toMatch(/^did you mean "steps"\?/)
    expect((await problem(post(address, { solver: 'hein' }))).hint).toMatch(/^did you mean "heun"\?/)
    expect((await problem(post(address, { model: 'smal' }))).hint).toMatch(/^did you mean "small"\?/)
  })

  it('without a name, where there are several models', async () => {
    const { address } = await start({}, { small: model, other: model } as never)
    expect(await problem(post(address, {}))).toMatchObject({ status: 400, hint: 'models: small, other' })
    expect((await images(address, { model: 'other', label: 0 })).model).toBe('other')
  })
})

describe('whom it answers', () => {
  const ask = (address: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, string> }>((resolve, reject) => {
      httpRequest(`${address}/healthz`, { method, headers }, response => {
        response.resume()
        resolve({ status: response.statusCode as number, headers: response.headers as Record<string, string> })
      })
        .on('error', reject)
        .end()
    })

  it('names of this machine, addresses and those told; no name that a page may have made its own', async () => {
    const { address } = await start({ allowHosts: ['Digits.example'] })
    const status = async (host: string) => (await ask(address, { host })).status
    for (const host of [
      'localhost',
      'localhost:1',
      'a.localhost',
      '127.0.0.1',
      '[::1]:80',
      '192.168.0.7',
      'digits.example:8080',
    ])
      expect(await status(host), host).toBe(200)
    for (const host of ['evil.example', 'localhost.evil.example', 'digits.example.'])
      expect(await status(host), host).toBe(403)
    for (const host of ['x digits.example', 'user@localhost']) expect(await status(host), host).toBe(400)
  })

  it('nothing without a name', async () => {
    const { address } = await start()
    for (const head of ['GET /v1/models HTTP/1.1\r\nHost: ', 'GET /v1/models HTTP/1.1', 'GET /v1/models HTTP/1.0']) {
      const socket = connect(Number(new URL(address).port), '127.0.0.1')
      socket.end(`${head}\r\nConnection: close\r\n\r\n`)
      expect((await text(socket)).slice(9, 12), head).toBe('400')
    }
  })

  it('pages of its own origin and those told, and browsers are told so', async () => {
    const { address } = await start({ allowOrigins: ['https://page.example'] })
    expect((await ask(address, { origin: address })).status).toBe(200)
    expect((await ask(address, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await ask(address, { origin: 'null' })).status).toBe(403)
    const told = await ask(address, { origin: 'https://page.example' })
    expect(told.headers).toMatchObject({ 'access-control-allow-origin': 'https://page.example' })
    const preflight = { origin: 'https://page.example', 'access-control-request-method': 'POST' }
    expect(await ask(address, preflight, 'OPTIONS')).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-methods': 'GET,POST',
        'access-control-allow-headers': 'content-type,x-request-id',
      },
    })
  })

  it('no pages, unless told', async () => {
    const { address } = await start()
    const answer = await problem(post(address, {}, { headers: { origin: 'https://page.example' } }))
    expect(answer).toMatchObject({
      status: 403,
      code: 'SERVER_REFUSED',
      hint: expect.stringContaining('--allow-origin https://page.example'),
    })
    expect((await fetch(`${address}/healthz`)).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the queue', () => {
  it('full, refuses with the time to come back, and takes on again', async () => {
    const slow = gated(model)
    const { address } = await start({ maxQueue: 4, maxCount: 4 }, { small: slow })
    const first = images(address, { count: 3, label: 0 })
    await slow.begun(1)
    const refused = await problem(post(address, { count: 2, label: 0 }))
    expect(refused).toMatchObject({ status: 429, code: 'SERVER_BUSY' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    const fits = images(address, { count: 1, label: 0 })
    await expect.poll(() => metric(address, 'mixflow_queue_images')).toBe(4)
    slow.open()
    expect((await first).images).toHaveLength(3)
    expect((await fits).images).toHaveLength(1)
    expect((await images(address, { count: 4, label: 0 })).images).toHaveLength(4)
    expect(await metric(address, 'mixflow_requests_refused_total')).toBe(1)
  })
})

describe('time-outs', () => {
  it('of what runs are 504, of what waits 503, both at once, though an evaluation does not end', async () => {
    const stuck = gated(model)
    const { address } = await start({ timeoutSeconds: 0.3, largestBatch: 2 }, { small: stuck })
    const answers = [1, 2, 3].map(seed => problem(post(address, { label: 0, seed })))
    const found = (await Promise.all(answers)).map(({ status, code, headers }) => ({
      status,
      code,
      again: headers.has('retry-after'),
    }))
    expect(found).toEqual([
      { status: 504, code: 'SERVER_TIMEOUT', again: false },
      { status: 504, code: 'SERVER_TIMEOUT', again: false },
      { status: 503, code: 'SERVER_TIMEOUT', again: true },
    ])
    stuck.open()
    await expect.poll(() => metric(address, 'mixflow_queue_images')).toBe(0)
    expect(await metric(address, 'mixflow_requests_ended_total', 'model="small",outcome="timed_out"')).toBe(3)
    // the evaluation that ran was the last of them
    expect(stuck.evaluations.length).toBeLessThanOrEqual(2)
  })
})

describe('a client that goes', () => {
  it('ends its run within an evaluation, and nobody else’s', async () => {
    const slow = gated(model)
    const { address, log } = await start({}, { small: slow })
    const controller = new AbortController()
    const wanted = { count: 2, label: 1, nfe: 5, seed: 3 }
    const gone = post(address, { ...wanted, count: 4, seed: 4 }, { signal: controller.signal }).catch(
      error => error.name,
    )
    await slow.begun(1)
    const stays = images(address, wanted)
    await expect.poll(() => metric(address, 'mixflow_queue_images')).toBe(6)
    slow.pass()
    await slow.begun(2)
    // both are in this one
    expect(slow.evaluations).toEqual([4, 6])
    controller.abort()
    expect(await gone).toBe('AbortError')
    await expect.poll(() => log.filter(({ status }) => status === 499)).toHaveLength(1)
    slow.open()
    const { images: made } = await stays
    expect(slow.evaluations.slice(2)).toEqual([2, 2, 2, 2])
    const alone = await model.sample(wanted)
    expect(made.map(({ png }) => png)).toEqual(
      await Promise.all(alone.images.map(async image => Buffer.from(await image.toPng()).toString('base64'))),
    )
    expect(await metric(address, 'mixflow_requests_ended_total', 'model="small",outcome="aborted"')).toBe(1)
  })

  it('ends the run of a stream, too', async () => {
    const slow = gated(model)
    const { address, log } = await start({}, { small: slow })
    const controller = new AbortController()
    const headers = { accept: 'text/event-stream' }
    const response = await post(address, { label: 0, count: 2 }, { headers, signal: controller.signal })
    expect((await events(response).next()).value.name).toBe('accepted')
    controller.abort()
    await expect.poll(() => log.filter(({ status }) => status === 499)).toHaveLength(1)
    slow.open()
    await expect.poll(() => metric(address, 'mixflow_requests_ended_total', 'model="small",outcome="aborted"')).toBe(1)
    expect(slow.evaluations).toEqual([2])
  })
})

describe('a model that fails', () => {
  it('fails the request whose images are not finite, and no other of the batch', async () => {
    const slow = gated(model)
    const { address } = await start({}, { small: slow })
    const first = images(address, { label: 2, seed: 1 })
    await slow.begun(1)
    const [bad, good] = [problem(post(address, { label: broken, count: 2 })), images(address, { label: 2, seed: 2 })]
    await expect.poll(() => metric(address, 'mixflow_queue_images')).toBe(4)
    slow.open()
    expect(await bad).toMatchObject({
      status: 500,
      code: 'MODEL_OUTPUT_INVALID',
      detail: expect.stringContaining('image 0'),
    })
    expect((await first).images).toHaveLength(1)
    expect((await good).images).toHaveLength(1)
    expect(slow.evaluations[1]).toBe(4)
    expect(await metric(address, 'mixflow_requests_ended_total', 'model="small",outcome="failed"')).toBe(1)
  })

  it('by throwing is tried again alone, then told without a stack, which the log has', async () => {
    const slow = gated(model)
    const { address, log } = await start({}, { small: slow })
    const failing = problem(post(address, { label: 0 }))
    await slow.begun(1)
    slow.fail(new Error('a tensor is upside down'))
    const answer = await failing
    expect(answer).toMatchObject({ status: 500, code: 'SERVER_FAILED' })
    expect(JSON.stringify(answer)).not.toContain('upside')
    const fault = log.find(({ event }) => event === 'fault')
    expect(fault).toMatchObject({ level: 'error', id: answer.requestId, stack: expect.stringContaining('upside down') })
    slow.open()
    expect((await images(address, { label: 0 })).images).toHaveLength(1)
  })

  it('tells a stream that has begun', async () => {
    const { address } = await start()
    const response = await post(address, { label: broken }, { headers: { accept: 'text/event-stream' } })
    const seen: unknown[] = []
    for await (const { name, data } of events(response)) seen.push([name, data.code])
    expect(seen.at(-1)).toEqual(['problem', 'MODEL_OUTPUT_INVALID'])
    const refused = await problem(post(address, { label: 9 }, { headers: { accept: 'text/event-stream' } }))
    expect(refused.status).toBe(400)
  })

  it('because it was disposed of is unavailable', async () => {
    const own = await smallModel()
    const { address } = await start({}, { small: own })
    await own.dispose()
    expect(await problem(post(address, { label: 0 }))).toMatchObject({ status: 503, code: 'MODEL_DISPOSED' })
  })
})

describe('closing', () => {
  it('lets what runs end, takes nothing more, and resolves when all is over', async () => {
    const slow = gated(model)
    const server = await start({}, { small: slow })
    const running = images(server.address, { label: 0, seed: 5, count: 2 })
    await slow.begun(1)
    const closing = server.close()
    expect(server.close()).toBe(closing)
    await expect(fetch(server.address)).rejects.toThrow()
    slow.open()
    expect((await running).images).toHaveLength(2)
    await closing
    expect(server.log.map(({ event }) => event)).toEqual(['listening', 'stopping', 'request', 'stopped'])
  })

  it('refuses what comes over a connection that is still open', async () => {
    const slow = gated(model)
    const server = await start({}, { small: slow })
    const { address } = server
    const response = await post(address, { label: 0, count: 2 }, { headers: { accept: 'text/event-stream' } })
    await slow.begun(1)
    const late = await begunRequest(address)
    const closing = server.close()
    const answer = await late.end()
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    expect(answer).toContain('"code":"SERVER_STOPPING"')
    slow.open()
    const names: string[] = []
    for await (const { name } of events(response)) names.push(name)
    expect(names.at(-1)).toBe('done')
    await closing
  })

  it('ends what is left when the time is over', async () => {
    const stuck = gated(model)
    const server = await start({ drainSeconds: 0.05 }, { small: stuck })
    const running = problem(post(server.address, { label: 0 }))
    await stuck.begun(1)
    await server.close()
    expect(await running).toMatchObject({ status: 503, code: 'SERVER_STOPPING' })
    stuck.open()
  })
})

describe('serve', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['no model', () => serve({}), /at least one model/],
    ['a name that is none', () => serve({ 'a b': model }), /got "a b"/],
    ['an unknown option', () => serve({ a: model }, { prot: 1 } as never), /unknown option "prot"/],
    ['a port that is none', () => serve({ a: model }, { port: 70_000 }), /port must be a whole number in 0\.\.65535/],
    ['a batch without room for a guided image', () => serve({ a: model }, { largestBatch: 1 }), /largestBatch must be/],
    [
      'a queue without room for a request',
      () => serve({ a: model }, { maxQueue: 9 }),
      /maxQueue must be at least maxCount, 256/,
    ],
    ['an origin that is none', () => serve({ a: model }, { allowOrigins: ['page.example/x'] }), /allowOrigins must be/],
  ])('refuses %s', async (_, call, message) => {
    const error = await call().catch(reason => reason)
    expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) })
  })

  it('says what is wrong with an address, and warns of one that others reach', async () => {
    const { address } = await start()
    const port = Number(new URL(address).port)
    const taken = await serve({ a: model }, { port }).catch(reason => reason)
    expect(MixflowError.is(taken) && taken.toString()).toMatch(/SERVER_ADDRESS.*something else listens there\n.*--port/)
    await expect(serve({ a: model }, { host: 'no.such.host.invalid' })).rejects.toMatchObject({
      code: 'SERVER_ADDRESS',
    })
    const exposed = await start({ host: '0.0.0.0' })
    expect(exposed.log.map(({ event }) => event)).toEqual(['listening', 'exposed'])
  })
})

/** A request of which the server has seen the beginning; `end` sends the rest, and gives all of the answer. */
async function begunRequest(address: string) {
  const { host, hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  await new Promise(resolve => socket.write(`POST /v1/images HTTP/1.1\r\nHost: ${host}\r\n`, resolve))
  // it has read those bytes when it answers what was sent after them
  await fetch(`${address}/healthz`)
  return {
    async end() {
      socket.write('Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}')
      await new Promise(resolve => socket.once('close', resolve))
      return text
    },
  }
}
