/** WebGPU in a page: what is read back, that all buffers are released, and the recovery from a lost device. */
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preferredPrecision } from './choose-device.ts'
import { type ModelPage, openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const models = { good: await smallModel({ classes: 3 }), still: await smallModel({ still: true }) }

it('float16 is preferred only by adapters that compute in it', () => {
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

  it('the state is read back once per batch, for any number of steps', async () => {
    const request = { count: 3, batchSize: 2, seed: 1, solver: 'rk4', steps: 6, label: 0, guidance: 1 }
    expect(await open.call('readBacks', '/m/good/', request)).toBe(2)
  })

  it('all arrays are released after a fixed-step result, an adaptive one, an error and an abort', async () => {
    expect(await open.call('heldAfter', '/m/good/')).toEqual([0, 0, 0, 0])
  })

  it.each([1, 255, 257, 100_003])('linear combinations of 1 to 12 terms of %i numbers are correct', async length => {
    const { worst, held } = await open.call<{ worst: number; held: number }>('combinations', length)
    expect(worst).toBeLessThan(5e-6)
    expect(held).toBe(0)
  })

  it('chooseDevice chooses WebAssembly because the only adapter is a software implementation', async () => {
    expect(await open.call('chooseDevice')).toMatchObject({
      ...{ device: 'wasm', dtype: 'float32', note: 'the only WebGPU adapter is a software implementation' },
      gpu: { name: expect.stringMatching(/./), isFallback: true },
    })
  })

  describe.each([
    ['in the page', 'loseDevice'],
    ['in a worker', 'loseDeviceOfWorker'],
  ])('%s', (_, loseDevice) => {
    it('a loss rejects the call and the next one uses a new device; with device: webgpu a second loss is an error', async () => {
      const { seen } = await open.call<{ seen: string[] }>(loseDevice, '/m/good/', 'webgpu')
      expect(seen).toEqual(['DEVICE_LOST', 'none', 'webgpu', 'DEVICE_LOST', 'DEVICE_LOST', 'webgpu'])
    })

    it('with device: auto the model continues on WebAssembly after a second loss, and the note says why', async () => {
      const { seen, note } = await open.call<{ seen: string[]; note: string }>(loseDevice, '/m/good/', 'auto')
      expect(seen).toEqual(['DEVICE_LOST', 'none', 'webgpu', 'DEVICE_LOST', 'none', 'wasm'])
      expect(note).toMatch(/the GPU was lost/)
    })
  })

  it('a GPU that returns only zeros is refused, at the trial and later', async () => {
    const target = { url: '/m/still/', options: { device: 'webgpu', worker: false } }
    expect(await open.call('refusal', target)).toMatchObject({ code: 'MODEL_OUTPUT_INVALID' })
    expect(await open.call('zeros', '/m/good/')).toEqual(['MODEL_OUTPUT_INVALID', 'none'])
  })

  it.each([
    ['wasm', false],
    ['wasm', true],
    ['webgpu', true],
  ] as const)(
    '100 concurrent calls on %s, in a worker: %s; refused calls do not block others',
    async (device, worker) => {
      const found = await open.call('manyCalls', { url: '/m/good/', options: { device, worker, cache: null } }, 100)
      expect(found).toEqual({ refused: 10, done: 90, after: 'none' })
    },
  )
})
