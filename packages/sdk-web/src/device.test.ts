/** The GPU in a page: what stays on it, what is read back, what is let go, and what happens when it is lost. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'
import { preferredPrecision } from './local/choose-device.ts'

const executable = findChromium()
const models = { good: await smallModel({ classes: 3 }), still: await smallModel({ still: true }) }

it('float16 is for adapters that compute with it', () => {
  expect([{ hasFloat16: true }, { hasFloat16: false }, null].map(preferredPrecision)).toEqual([
    'float16',
    'float32',
    'float32',
  ])
})

describe.skipIf(executable === null)('WebGPU in a page', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  it('the state is read back once for each batch, whatever the steps', async () => {
    const request = { count: 3, batchSize: 2, seed: 1, solver: 'rk4', steps: 6, label: 0, guidance: 1 }
    expect(await open.call('readBacks', '/m/good/', request)).toBe(2)
  })

  it('nothing is held after a result, an adaptive one, an error, and an abort', async () => {
    expect(await open.call('heldAfter', '/m/good/')).toEqual([0, 0, 0, 0])
  })

  it.each([1, 255, 257, 100_003])('combinations of 1 to 12 terms of %i numbers are the sums', async length => {
    const { worst, held } = await open.call<{ worst: number; held: number }>('combinations', length)
    expect(worst).toBeLessThan(5e-6)
    expect(held).toBe(0)
  })

  it('what would be chosen is known before any model: here the processor, since it is the only adapter', async () => {
    expect(await open.call('chooseDevice')).toMatchObject({
      ...{ device: 'wasm', dtype: 'float32', note: 'the only adapter for WebGPU is the processor' },
      gpu: { name: expect.stringMatching(/./), isFallback: true },
    })
  })

  describe.each([
    ['in the page', 'loseDevice'],
    ['in a worker', 'loseDeviceOfWorker'],
  ])('%s', (_, loseDevice) => {
    it('a loss ends the call, the next one finds a new GPU; a second loss, where it was demanded, is told', async () => {
      const { seen } = await open.call<{ seen: string[] }>(loseDevice, '/m/good/', 'webgpu')
      expect(seen).toEqual(['DEVICE_LOST', 'none', 'webgpu', 'DEVICE_LOST', 'DEVICE_LOST', 'webgpu'])
    })

    it('where the device was left open, the processor goes on after the second loss, and it is said why', async () => {
      const { seen, note } = await open.call<{ seen: string[]; note: string }>(loseDevice, '/m/good/', 'auto')
      expect(seen).toEqual(['DEVICE_LOST', 'none', 'webgpu', 'DEVICE_LOST', 'none', 'wasm'])
      expect(note).toMatch(/the GPU was lost/)
    })
  })

  it('a GPU that gives nothing but zeros is refused, when it is tried out and later', async () => {
    const wanted = { url: '/m/still/', options: { device: 'webgpu', worker: false } }
    expect(await open.call('refusal', wanted)).toMatchObject({ code: 'MODEL_OUTPUT_INVALID' })
    expect(await open.call('zeros', '/m/good/')).toEqual(['MODEL_OUTPUT_INVALID', 'none'])
  })

  it.each([
    ['wasm', false],
    ['wasm', true],
    ['webgpu', true],
  ] as const)('100 calls at once on %s, in a worker: %s; the refused ones hold up nobody', async (device, worker) => {
    const found = await open.call('manyCalls', { url: '/m/good/', options: { device, worker, cache: null } }, 100)
    expect(found).toEqual({ refused: 10, done: 90, after: 'none' })
  })
})
