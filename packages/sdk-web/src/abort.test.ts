/** An abort in each phase of a load and of a call rejects with ABORTED and the caller's reason, and later calls work. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'
import type { Moment } from './fixtures/page-faults.ts'

const executable = findChromium()
const models = { good: await smallModel() }

describe.skipIf(executable === null).each([false, true])('an abort, in a worker: %s', worker => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
  })
  afterAll(() => open?.[Symbol.asyncDispose]())
  afterEach(() => open.faults.clear())

  const target = { url: '/m/good/', options: { device: 'wasm', worker } }

  it.each<Moment>(['manifest', 'download', 'verify', 'session'])('of a load in its phase %s', async moment => {
    await open.call('clear')
    let hungUp: Promise<void> | undefined
    if (moment === 'download') {
      open.faults.set('good/denoiser.onnx', (response, bytes) => {
        // the rest is never sent
        response
          .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
          .write(bytes.subarray(0, 300))
        hungUp = new Promise(resolve => response.on('close', resolve))
      })
    }
    const aborted = { code: 'ABORTED', cause: 'mine', reached: true }
    expect(await open.call('abortLoad', target, moment)).toEqual(aborted)
    await hungUp
    open.faults.clear()
    expect(await open.call('sample', target, { seed: 1 })).toMatchObject({ capabilities: { device: 'wasm' } })
  })

  it('of queued calls ends them, and no other call', async () => {
    const order = await open.call<string[]>('abortQueued', target)
    expect(order).toEqual([...Array.from({ length: 11 }, () => 'ABORTED'), 'none'])
  })

  it.skipIf(worker)(
    'during a read-back from the GPU ends the call before the next batch and releases all buffers',
    async () => {
      const found = await open.call('abortReadBack', '/m/good/')
      expect(found).toEqual({ code: 'ABORTED', readBacks: 1, held: 0, next: 'none' })
    },
  )
})
