/** After a worker has ended for any reason, its calls reject and the next load starts another worker. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from '../fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel() }

type Kill = (open: ModelPage) => Promise<unknown>
const kills: readonly (readonly [how: string, custom: boolean, kill: Kill])[] = [
  ['closes itself', false, ({ page }) => page.workers()[0]!.evaluate('close()')],
  ['throws outside of a call', false, ({ page }) => page.workers()[0]!.evaluate('setTimeout(() => { throw "mine" })')],
  ['was created by the page and is terminated', true, open => open.call('terminate')],
]

describe.skipIf(executable === null)('after a worker', () => {
  it.each(kills)('%s, its calls reject with DEVICE_LOST', async (_, custom, kill) => {
    await using open = await openModelPage(executable as string, models)
    const target = { url: '/m/good/', options: { device: 'wasm' } }
    await open.call('beginEndless', target, custom)
    await kill(open)
    expect(await open.call('ended')).toEqual(['DEVICE_LOST', 'DEVICE_LOST', 'none'])
    expect(await open.call('sample', target, { seed: 1 })).toMatchObject({ capabilities: { device: 'wasm' } })
    // the last model was disposed of, which terminates the worker
    await expect.poll(() => open.page.workers().length).toBe(0)
  })
})
