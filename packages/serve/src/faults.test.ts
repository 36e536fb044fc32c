/** What happens where a queue is full, time is over, a client goes, a model fails, or the server is closed. */
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { gated } from './fixtures/gate.ts'
import { broken, smallModel } from './fixtures/small-model.ts'
import { events, images, metric, post, problem, starter } from './fixtures/start.ts'

const model = await smallModel()
const start = starter(model)

describe('the queue', () => {
  it('refuses with a Retry-After while it is full, and then accepts again', async () => {
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
  it('are 504 for running and 503 for waiting requests, even if an evaluation does not end', async () => {
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

describe('a client that disconnects', () => {
  it('ends only its own request, within an evaluation', async () => {
    const slow = gated(model)
    const { address, log } = await start({}, { small: slow })
    const controller = new AbortController()
    const request = { count: 2, label: 1, nfe: 5, seed: 3 }
    const gone = post(address, { ...request, count: 4, seed: 4 }, { signal: controller.signal }).catch(
      error => error.name,
    )
    await slow.begun(1)
    const stays = images(address, request)
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
    const alone = await model.sample(request)
    expect(made.map(({ png }) => png)).toEqual(
      await Promise.all(alone.images.map(async image => Buffer.from(await image.toPng()).toString('base64'))),
    )
    expect(await metric(address, 'mixflow_requests_ended_total', 'model="small",outcome="aborted"')).toBe(1)
  })

  it('also ends a stream', async () => {
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
  it('fails only the request whose images are not finite', async () => {
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

  it('by throwing is tried again alone; the response has no stack, which is logged', async () => {
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

  it('sends a problem event to a running stream', async () => {
    const { address } = await start()
    const response = await post(address, { label: broken }, { headers: { accept: 'text/event-stream' } })
    const seen: unknown[] = []
    for await (const { name, data } of events(response)) seen.push([name, data.code])
    expect(seen.at(-1)).toEqual(['problem', 'MODEL_OUTPUT_INVALID'])
    const refused = await problem(post(address, { label: 9 }, { headers: { accept: 'text/event-stream' } }))
    expect(refused.status).toBe(400)
  })

  it('because it was disposed of responds with 503', async () => {
    const own = await smallModel()
    const { address } = await start({}, { small: own })
    await own.dispose()
    expect(await problem(post(address, { label: 0 }))).toMatchObject({ status: 503, code: 'MODEL_DISPOSED' })
  })
})

describe('closing', () => {
  it('waits for running requests, refuses new ones, and resolves when all have ended', async () => {
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

  it('refuses requests on open connections', async () => {
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

  it('aborts the remaining requests after the drain', async () => {
    const stuck = gated(model)
    const server = await start({ drainSeconds: 0.05 }, { small: stuck })
    const running = problem(post(server.address, { label: 0 }))
    await stuck.begun(1)
    await server.close()
    expect(await running).toMatchObject({ status: 503, code: 'SERVER_STOPPING' })
    stuck.open()
  })
})

/** A connection on which these bytes were sent, and what comes back once it is closed. */
async function sent(address: string, text: string) {
  const { host, hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await new Promise(resolve => socket.write(text.replace('HOST', `Host: ${host}\r\n`), resolve))
  await fetch(`${address}/healthz`)
  return socket
}

describe('the end of the drain', () => {
  const head = 'POST /v1/images HTTP/1.1\r\nHOSTContent-Type: application/json\r\n'
  it.each([
    ['half a body', `${head}Content-Length: 50\r\n\r\n{"c`],
    ['half a chunk', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"c`],
    ['half of its headers', 'GET /healthz HTTP/1.1\r\nHOST'],
    ['a body for another path', `${head.replace('images', 'nothing')}Content-Length: 50\r\n\r\n{"c`],
    ['nothing', ''],
    ['a request, and reads no answer', 'GET /openapi.json HTTP/1.1\r\nHOST\r\n'.repeat(200)],
  ])(
    'does not wait for a client that has sent %s',
    async (_, text) => {
      const server = await start({ drainSeconds: 0.05 })
      const socket = await sent(server.address, text)
      const closed = new Promise(resolve => socket.once('close', resolve))
      await server.close()
      socket.resume()
      await closed
      expect(server.log.at(-1)).toMatchObject({ event: 'stopped' })
      expect(server.log.filter(({ level }) => level === 'error')).toEqual([])
    },
    10_000,
  )

  it('waits neither for an evaluation that does not end, nor for the client of its stream', async () => {
    const stuck = gated(model)
    const server = await start({ drainSeconds: 0.05 }, { small: stuck })
    const response = await post(server.address, { label: 0 }, { headers: { accept: 'text/event-stream' } })
    await stuck.begun(1)
    await server.close()
    await response.text().catch(() => {})
    stuck.open()
  }, 10_000)
})

describe('a client that disconnects while sending its body', () => {
  it.each(['Content-Length: 50\r\n\r\n{"c', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"c'])(
    'is a 499: %j',
    async rest => {
      const server = await start()
      const socket = await sent(
        server.address,
        `POST /v1/images HTTP/1.1\r\nHOSTContent-Type: application/json\r\n${rest}`,
      )
      socket.destroy()
      await expect.poll(() => server.log.filter(({ status }) => status === 499)).toHaveLength(1)
      expect(server.log.filter(({ level }) => level !== 'info')).toEqual([])
    },
  )
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
