/** What a server refuses: invalid requests, hosts and origins that are not accepted, and options. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { MixflowError } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { smallModel } from './fixtures/small-model.ts'
import { images, metric, post, problem, starter } from './fixtures/start.ts'
import { serve } from './serve.ts'

const model = await smallModel()
const start = starter(model)

const json = { 'content-type': 'application/json' }

describe('a request is refused', () => {
  it.each<[string, unknown, number, RegExp]>([
    ['no JSON', '{"count": 1', 400, /the body has its end instead of/],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 400, /not UTF-8/],
    ['no object', [1], 400, /the sample request must be an object, got an array of 1/],
    ['an unknown key', { cuont: 1 }, 400, /unknown option "cuont" in the sample request/],
    ['a key that is not for others', { batchSize: 4 }, 400, /unknown option "batchSize"/],
    ['a wrong type', { count: '4' }, 400, /count must be an integer in 1\.\.8, got "4"/],
    ['too many images', { count: 9 }, 400, /count must be an integer in 1\.\.8, got 9/],
    ['a contradiction', { nfe: 5, steps: 3 }, 400, /steps \(3\) and nfe \(5\) exclude each other/],
    ['a class that is not there', { label: 4 }, 400, /label must be an integer in 0\.\.3, got 4/],
    [
      'too many evaluations',
      { solver: 'rk4', steps: 20 },
      400,
      /needs 80 network calls per image; this server allows at most 64/,
    ],
    ['too many with guidance', { label: 0, guidance: 1, nfe: 33 }, 400, /needs 66 .* at most 64/],
    ['an unknown model', { model: 'smal' }, 404, /this server has no model named "smal"/],
    ['previews without a stream', { preview: true }, 400, /preview is supported for streams only/],
  ])('%s', async (_, body, status, message) => {
    const { address } = await start({ maxCount: 8, maxNetworkCalls: 64 })
    const answer = await problem(post(address, body))
    expect(answer.status).toBe(status)
    expect(answer.code).toBe(status === 404 ? 'MODEL_NOT_FOUND' : 'REQUEST_INVALID')
    expect(answer.detail).toMatch(message)
    expect(JSON.stringify(answer)).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.ts\b/)
    expect(await metric(address, 'mixflow_requests_accepted_total')).toBe(0)
  })

  it.each<[string, string, RequestInit, number, RegExp]>([
    ['a path that is not there', '/v1/image', {}, 404, /no endpoint at "\/v1\/image"/],
    ['another method', '/v1/images', {}, 405, /supports POST, not GET/],
    ['another method of what is read', '/metrics', { method: 'DELETE' }, 405, /supports GET, HEAD, not DELETE/],
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

  it('a body of unknown length as soon as it is too large', async () => {
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

  it('with a suggestion for misspelt names', async () => {
    const { address } = await start()
    expect((await problem(post(address, { stpes: 1 }))).hint).toMatch(/^did you mean "steps"\?/)
    expect((await problem(post(address, { solver: 'hein' }))).hint).toMatch(/^did you mean "heun"\?/)
    expect((await problem(post(address, { model: 'smal' }))).hint).toMatch(/^did you mean "small"\?/)
  })

  it('without a model, if there are several', async () => {
    const { address } = await start({}, { small: model, other: model })
    expect(await problem(post(address, {}))).toMatchObject({ status: 400, hint: 'models: small, other' })
    expect((await images(address, { model: 'other', label: 0 })).model).toBe('other')
  })
})

describe('invalid HTTP gets problem details', () => {
  const head = 'POST /v1/images HTTP/1.1\r\nHost: localhost\r\n'
  it.each<[string, string, number]>([
    ['a Host with a space', 'GET /healthz HTTP/1.1\r\nHost: x y\r\n\r\n', 400],
    ['a Host with a user', 'GET /healthz HTTP/1.1\r\nHost: user@localhost\r\n\r\n', 400],
    ['a Host without its bracket', 'GET /healthz HTTP/1.1\r\nHost: [::1\r\n\r\n', 400],
    ['a Host with a port that is none', 'GET /healthz HTTP/1.1\r\nHost: localhost:99999\r\n\r\n', 400],
    ['an empty Host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['HTTP/1.0 without a Host', 'GET /healthz HTTP/1.0\r\n\r\n', 400],
    ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', 403],
    ['a Host that it does not accept', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
    ['a backslash in its path', 'GET /a\\b HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['an incomplete escape in its path', 'GET /%f HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ['no ASCII in its path', 'GET /ü HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['another scheme', 'GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['a tunnel', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['TRACE', 'TRACE /v1/images HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['a method that is none', 'FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['the beginning of TLS', '\x16\x03\x01\x00\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['too many headers', `GET / HTTP/1.1\r\nHost: localhost\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a space in the name of a header', 'GET / HTTP/1.1\r\nHost: localhost\r\na b: c\r\n\r\n', 400],
    ['two lengths', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a length that is none', `${head}Content-Length: x\r\n\r\n`, 400],
    ['a chunk that is none', `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['an expectation', `${head}Expect: wonders\r\nContent-Length: 2\r\n\r\n{}`, 417],
  ])('%s', async (_, bytes, status) => {
    const server = await start()
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1')
    socket.write(Buffer.from(bytes, 'latin1'))
    let answer = ''
    for await (const chunk of socket) {
      answer += chunk
      const [, length = '0'] = /content-length: (\d+)/i.exec(answer) ?? []
      if (answer.includes('\r\n\r\n') && answer.length >= answer.indexOf('\r\n\r\n') + 4 + Number(length)) break
    }
    const [first, body = ''] = answer.split('\r\n\r\n')
    expect(first).toMatch(
      new RegExp(`^HTTP/1.1 ${status} \\w.*\r\n(.*\r\n)*content-type: application/problem\\+json`, 'i'),
    )
    expect(JSON.parse(body)).toMatchObject({
      type: 'about:blank',
      status,
      code: /HTTP_INVALID|SERVER_REFUSED/.exec(body)?.[0],
    })
    await expect.poll(() => server.log.filter(each => each.status === status)).toHaveLength(1)
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('access control', () => {
  const ask = (address: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, string> }>((resolve, reject) => {
      httpRequest(`${address}/healthz`, { method, headers }, response => {
        response.resume()
        resolve({ status: response.statusCode as number, headers: response.headers as Record<string, string> })
      })
        .on('error', reject)
        .end()
    })

  it('allows names of this machine, addresses and allowed names, and no names that a page could rebind', async () => {
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

  it('refuses a request without a Host', async () => {
    const { address } = await start()
    for (const head of ['GET /v1/models HTTP/1.1\r\nHost: ', 'GET /v1/models HTTP/1.1', 'GET /v1/models HTTP/1.0']) {
      const socket = connect(Number(new URL(address).port), '127.0.0.1')
      socket.end(`${head}\r\nConnection: close\r\n\r\n`)
      expect((await text(socket)).slice(9, 12), head).toBe('400')
    }
  })

  it('allows pages of its own and of allowed origins, with CORS headers', async () => {
    const { address } = await start({ allowOrigins: ['https://page.example'] })
    expect((await ask(address, { origin: address })).status).toBe(200)
    expect((await ask(address, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await ask(address, { origin: 'null' })).status).toBe(403)
    const allowed = await ask(address, { origin: 'https://page.example' })
    expect(allowed.headers).toMatchObject({ 'access-control-allow-origin': 'https://page.example' })
    const preflight = { origin: 'https://page.example', 'access-control-request-method': 'POST' }
    expect(await ask(address, preflight, 'OPTIONS')).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-methods': 'GET,POST',
        'access-control-allow-headers': 'content-type,x-request-id',
      },
    })
  })

  it('refuses pages of other origins by default', async () => {
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

  it('explains an address that cannot be used, and warns of a public one', async () => {
    const { address } = await start()
    const port = Number(new URL(address).port)
    const taken = await serve({ a: model }, { port }).catch(reason => reason)
    expect(MixflowError.is(taken) && taken.toString()).toMatch(/SERVER_ADDRESS.*another program uses it\n.*--port/)
    await expect(serve({ a: model }, { host: 'no.such.host.invalid' })).rejects.toMatchObject({
      code: 'SERVER_ADDRESS',
    })
    const exposed = await start({ host: '0.0.0.0' })
    expect(exposed.log.map(({ event }) => event)).toEqual(['listening', 'exposed'])
  })
})
