/** Training in a page, on both devices of onnxruntime-web: the losses of Node's CPU, with the state left on the GPU. */

import { findChromium, type OpenPage, openPage } from '@mixflow/page'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PageBackend, PageReport } from './fixtures/page.ts'
import { trainCompiled, trainRecorded } from './fixtures/small-training.ts'
import { useOnnxBackend } from './use-onnx-backend.ts'

interface InPage {
  readonly mixflowPage: Pick<typeof import('./fixtures/page.ts').mixflowPage, 'run' | 'robust'>
}

const executable = findChromium()
const steps = 4

describe.skipIf(executable === null)('in a page', () => {
  let open: OpenPage
  let expected: Pick<PageReport, 'recorded' | 'compiled'>
  beforeAll(async () => {
    await useOnnxBackend()
    expected = { recorded: await trainRecorded(steps), compiled: await trainCompiled(steps) }
    open = await openPage(executable as string, new URL('fixtures/page.ts', import.meta.url))
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  const train = (backend: PageBackend, count = steps) =>
    open.page.evaluate(([name, count]) => (globalThis as unknown as InPage).mixflowPage.run(name, count), [
      backend,
      count,
    ] as const)

  it('nothing of Node is bundled', () => {
    expect(open.modules.filter(name => /onnxruntime-node|node-device|sharded-session|in-node/.test(name))).toEqual([])
    expect(open.modules.some(name => name.endsWith('not-in-page.ts'))).toBe(true)
  })

  it.each(['onnx-wasm', 'onnx-webgpu'] as const)('%s trains as in Node, and leaves nothing behind', async backend => {
    const report = await train(backend)
    for (const kind of ['recorded', 'compiled'] as const) {
      expect(report[kind].length).toBe(steps)
      expected[kind].forEach((loss, i) => void expect(report[kind][i]).toBeCloseTo(loss, 4))
    }
    expect(report.left).toBe(0)
    // on the GPU, a step copies its loss to the program and nothing else
    expect(report.copies).toBe(backend === 'onnx-webgpu' ? steps : 0)
  })

  it('WebGPU agrees with tfjs’s own backend for it', async () => {
    const report = await train('tfjs-webgpu')
    for (const kind of ['recorded', 'compiled'] as const)
      expected[kind].forEach((loss, i) => void expect(report[kind][i]).toBeCloseTo(loss, 3))
  })

  it('an error surfaces where the result is read, and blocks nothing else', async () => {
    await train('onnx-wasm', 1)
    const report = await open.page.evaluate(() => (globalThis as unknown as InPage).mixflowPage.robust())
    expect(report).toMatchObject({ device: 'cpu', sync: 'READ_SYNC', bad: 'RUNTIME_FAILED', good: [1, 4, 9] })
    expect(report.many).toEqual(Array.from({ length: 5 }, (_, i) => [1 + i, 4 + i, 9 + i]))
    // by itself, a page takes no processor that imitates a GPU; and the smaller build knows none
    expect(report.auto).toMatch(/^webgpu$|the only WebGPU adapter/)
    expect(report.missing).toBe('RUNTIME_MISSING')
  })
})
