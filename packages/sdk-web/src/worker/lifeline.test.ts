/** A worker that is killed, by whomever: its calls end, nothing hangs, and the next load starts another. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from '../fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel() }

type Kill = (open: ModelPage) => Promise<unknown>
const kills: readonly (readonly [how: string, own: boolean, kill: Kill])[] = [
  ['closes itself', false, ({ page }) => page.workers()[0]!.evaluate('close()')],
  ['throws outside of a call', false, ({ page }) => page.workers()[0]!.evaluate('setTimeout(() => { throw "mine" })')],
  ['of one’s own is terminated', true, open => open.call('terminate')],
]

describe.skipIf(executable === null)('a worker that', () => {
  it.each(kills)('%s ends its calls with DEVICE_LOST', async (_, own, kill) => {
    await using open = await openModelPage(executable as string, models)
    const wanted = { url: '/m/good/', options: { device: 'wasm' } }
    await open.call('beginEndless', wanted, own)
    await kill(open)
    expect(await open.call('ended')).toEqual(['DEVICE_LOST', 'DEVICE_LOST', 'none'])
    expect(await open.call('sample', wanted, { seed: 1 })).toMatchObject({ capabilities: { device: 'wasm' } })
    // the last model is gone, and its worker with it
    await expect.poll(() => open.page.workers().length).toBe(0)
  })
})
