/** 2,000 samples and 50 loads leave memory as it was: WebAssembly's, the GPU's, the page's own; and the last model ends its worker. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel() }

interface Held {
  readonly buffers: number
  readonly devices: number
  readonly bytes: number
}

describe.skipIf(executable === null)('memory of a page', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
    await open.call('count')
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  const wanted = (device: string) => ({ url: '/m/good/', options: { device, worker: false, cache: null } })
  const heap = async () => {
    const session = await open.page.context().newCDPSession(open.page)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    await session.detach()
    return usedSize
  }

  it.each(['wasm', 'webgpu'])('is the same after 250 and after 2,000 images on %s', async device => {
    const held = await open.call<Held[]>('sampleOften', wanted(device), 40)
    expect(held).toHaveLength(40)
    expect(held.at(-1)).toEqual(held[4])
    expect(held.at(-1)!.buffers > 0).toBe(device === 'webgpu')
  })

  it.each(['wasm', 'webgpu'])('is the same after 5 loads and after 50 on %s, and no model is kept', async device => {
    const held = await open.call<Held[]>('loadOften', wanted(device), 50)
    expect(held).toHaveLength(50)
    expect(held.at(-1)).toEqual(held[4])
    await heap()
    // the last one may still be on the stack of what has just ended
    expect(await open.call('modelsKept')).toBeLessThan(3)
    expect(await open.call('holdingNow')).toMatchObject({ buffers: 0, devices: 0 })
  })

  it('of JavaScript does not grow by a picture a call', async () => {
    await open.call('sampleOften', wanted('wasm'), 5)
    const before = await heap()
    await open.call('sampleOften', wanted('wasm'), 40)
    // code that the engine compiles meanwhile takes some; 2,000 records of pictures would take a megabyte
    expect((await heap()) - before).toBeLessThan(200_000)
  })
})
