/**
 * The page stays free while a worker samples. What is measured is the processor's time of each task of the page's main thread, from
 * Chromium's trace: time that passed would measure what else the machine does. 16 ms is a frame; what is left to the page is to
 * receive pictures, about a microsecond each, so that the limit holds with room to spare on slow machines, and fails at once
 * where a network, a checksum or a copy of large arrays gets into the page.
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

  it('is never held up for a frame, not by loading either, and does next to nothing of the work', async () => {
    const loading = await watchMainThread(open.page, () => keep(true))
    const sampling = await watch(true)
    expect([loading, sampling].filter(({ longest }) => longest.processor > frame)).toEqual([])
    await keep(false)
    expect(sampling.processor).toBeLessThan((await watch(false)).processor / 5)
  })
})
