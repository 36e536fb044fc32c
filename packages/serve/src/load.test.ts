/**
 * A hundred clients at once: large and small requests, of all solvers, some refused, some of clients that go. Whoever stays gets the
 * images that he would get alone, nothing is left in the queue, and what is counted adds up.
 */
import { decode } from 'fast-png'
import { afterAll, expect, it } from 'vitest'
import { mixedLoad } from './fixtures/mixed-load.ts'
import { smallModel } from './fixtures/small-model.ts'
import { images, metric, post } from './fixtures/start.ts'
import { outcomes } from './metrics.ts'
import type { LogRecord } from './options.ts'
import { serve } from './serve.ts'

const model = await smallModel()
const log: LogRecord[] = []
const server = await serve({ small: model }, { port: 0, maxQueue: 500, maxCount: 64, log: record => log.push(record) })
const { address } = server
afterAll(async () => {
  await server.close()
  await model.dispose()
})

/** The same numbers in every run, spread like random ones. */
const spread = (i: number, below: number): number => Math.floor(((i * 0.6180339887) % 1) * below)

const clients = Array.from({ length: 100 }, (_, i) => {
  const count = i % 10 === 0 ? 40 + spread(i, 20) : 1 + spread(i, 6)
  const solver = (['heun', 'euler', 'rk4', 'ab2', 'dopri5'] as const)[i % 5]!
  const cost = solver === 'dopri5' ? { tolerance: 1e-2 } : { steps: 1 + (i % 3) }
  const label = i % 7 === 0 ? null : i % 3
  const guided = label !== null && i % 4 === 0 ? { guidance: 0.5 } : {}
  return { request: { count, solver, ...cost, label, ...guided, seed: i }, isGoing: i % 9 === 4 }
})

const counted = (name: string, labels = 'model="small"') => metric(address, `mixflow_${name}`, labels)

it('a hundred concurrent clients are served, refused or aborted, and the metrics add up', async () => {
  const calls = clients.map(async ({ request, isGoing }, i) => {
    const controller = new AbortController()
    const response = post(address, request, { signal: controller.signal })
    if (isGoing) setTimeout(() => controller.abort(), spread(i, 100))
    const outcome = await response.then(
      async answer => ({ status: answer.status, answer: answer.status === 200 ? await answer.json() : undefined }),
      () => ({ status: 0, answer: undefined }),
    )
    return { request, ...outcome }
  })
  const results = await Promise.all(calls)
  const tally = (status: number) => results.filter(result => result.status === status).length
  expect(results.map(({ status }) => status).filter(status => ![200, 429, 0].includes(status))).toEqual([])
  expect(tally(200)).toBeGreaterThan(50)

  await expect.poll(() => counted('requests_in_progress'), { timeout: 10_000 }).toBe(0)
  expect(await counted('queue_images')).toBe(0)
  expect(await counted('running_rows')).toBe(0)
  const ended: Record<string, number> = Object.fromEntries(
    await Promise.all(
      outcomes.map(async outcome => [
        outcome,
        await counted('requests_ended_total', `model="small",outcome="${outcome}"`),
      ]),
    ),
  )
  const accepted = await counted('requests_accepted_total')
  expect(Object.values(ended).reduce((sum, count) => sum + count, 0)).toBe(accepted)
  expect(ended).toMatchObject({ failed: 0, timed_out: 0, stopped: 0 })
  // a client may go after its images were made, and before it has them
  expect(ended.completed).toBeGreaterThanOrEqual(tally(200))
  expect(accepted + (await counted('requests_refused_total'))).toBeLessThanOrEqual(clients.length)
  expect(await counted('requests_refused_total')).toBeGreaterThanOrEqual(tally(429))
  expect(log.filter(({ level }) => level !== 'info')).toEqual([])

  const evaluations = await counted('evaluation_rows_count')
  expect((await counted('evaluation_rows_sum')) / evaluations, 'requests share evaluations').toBeGreaterThan(8)

  let most = 0
  for (const { request, answer } of results) {
    if (answer === undefined) continue
    const perImage = request.solver === 'dopri5' ? { perImage: true } : {}
    const alone = await model.sample({ ...request, ...perImage })
    expect(answer.images).toHaveLength(alone.images.length)
    for (const [i, image] of alone.images.entries()) {
      const bytes = decode(Buffer.from(answer.images[i].png, 'base64')).data
      image.toBytes().forEach((byte, at) => {
        most = Math.max(most, Math.abs(byte - bytes[at]!))
      })
    }
  }
  expect(most, 'of 255').toBeLessThanOrEqual(1)
})

it('under a mixed load over keep-alive connections, each client that waits gets a response, without internal errors', async () => {
  const { failures, left, statuses } = await mixedLoad({ address, requests: 250, seed: 7, clients: 8 })
  expect(failures).toEqual([])
  expect(Object.values(statuses).reduce((sum, n) => sum + n, left)).toBe(250)
  expect(Object.keys(statuses)).toEqual(['200', '400', '403', '404', '405', '413', '415'])
  expect(log.filter(({ level }) => level !== 'info')).toEqual([])
})

it('afterwards the server works as before', async () => {
  const before = process.memoryUsage().rss
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => images(address, { count: 2, label: 1, seed: i })),
    )
    expect(answers.map(({ seed }) => seed)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
})
