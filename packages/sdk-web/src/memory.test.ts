/** 2,000 images and 50 loads do not grow the memory of WebAssembly, the GPU or the page. */
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

  const target = (device: string) => ({ url: '/m/good/', options: { device, worker: false, cache: null } })
  const heap = async () => {
    const session = await open.page.context().newCDPSession(open.page)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    await session.detach()
    return usedSize
  }

  it.each(['wasm', 'webgpu'])('is the same after 250 and after 2,000 images on %s', async device => {
    const held = await open.call<Held[]>('sampleOften', target(device), 40)
    expect(held).toHaveLength(40)
    expect(held.at(-1)).toEqual(held[4])
    expect(held.at(-1)!.buffers > 0).toBe(device === 'webgpu')
  })

  it.each(['wasm', 'webgpu'])(
    'is the same after 5 loads and after 50 on %s, and all models are collected',
    async device => {
      const held = await open.call<Held[]>('loadOften', target(device), 50)
      expect(held).toHaveLength(50)
      expect(held.at(-1)).toEqual(held[4])
      await heap()
      // the last model may still be referenced from the stack
      expect(await open.call('modelsKept')).toBeLessThan(3)
      expect(await open.call('holdingNow')).toMatchObject({ buffers: 0, devices: 0 })
    },
  )

  it('of JavaScript does not grow with each image', async () => {
    await open.call('sampleOften', target('wasm'), 5)
    const before = await heap()
    await open.call('sampleOften', target('wasm'), 40)
    // compiled code takes some memory; 2,000 image records would take a megabyte
    expect((await heap()) - before).toBeLessThan(200_000)
  })
})
