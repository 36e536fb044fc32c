/**
 * The page stays responsive while a worker samples. Measured is the CPU time of each task of the main thread, from Chromium's trace; wall
 * time would depend on the machine's load. The limit is a frame, 16 ms. The page only receives images, about a microsecond each,
 * so the limit holds easily on slow machines, but fails if a network, a checksum or a copy of large arrays runs in the page.
 */
import { findChromium } from '@mixflow/page'
import { watchMainThread } from '@mixflow/page/main-thread'
import { smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel({ image: { channels: 3, height: 32, width: 32 } }) }
const frame = 16

describe.skipIf(executable === null)('the main thread', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  const keep = (worker: boolean) =>
    open.call('keep', { url: '/m/good/', options: { device: 'wasm', worker, cache: null } })
  const watch = (previews: boolean) =>
    watchMainThread(open.page, () =>
      open.call('sampleKept', { seed: 1, count: 1000, batchSize: 250, solver: 'euler', steps: 2 }, previews),
    )

  it('is not blocked for a frame while loading or sampling, and does less than a fifth of the work', async () => {
    const loading = await watchMainThread(open.page, () => keep(true))
    const sampling = await watch(true)
    expect([loading, sampling].filter(({ longest }) => longest.cpu > frame)).toEqual([])
    await keep(false)
    expect(sampling.cpu).toBeLessThan((await watch(false)).cpu / 5)
  })
})
