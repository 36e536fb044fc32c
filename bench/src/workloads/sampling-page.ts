/**
 * Sampling in a page with sdk-web, compared with a hand-written loop over onnxruntime-web: WebAssembly with one thread, batches of 16 digits
 * at 5 NFE, in a worker, which is the default, and in the thread of the page, like the loop. Also the cold start, from opening the page to
 * the first image.
 */

import { findChromium } from '@mixflow/page'
import type { BareRequest } from '../bare-loop.ts'
import type { Comparison } from '../compare.ts'
import { type BenchPage, openBenchPage } from '../in-page.ts'
import type { Work } from '../measure.ts'
import type { mixflowPage, Side } from '../page/sampling-page.ts'

const warm: Omit<BareRequest, 'seed'> = { count: 16, label: 3, steps: 3, guidance: 0 }
const first: Omit<BareRequest, 'seed'> = { count: 1, label: 3, steps: 1, guidance: 0 }

export const samplingInPage = (folder: () => Promise<string>): readonly Comparison[] => {
  const executable = findChromium()
  if (executable === null) return []
  const comparison = (workload: string, ours: Side, request: Omit<BareRequest, 'seed'>, cold = false): Comparison => {
    let opening: Promise<BenchPage<typeof mixflowPage>> | undefined
    const open = async () => openBenchPage<typeof mixflowPage>(executable, 'sampling-page', { model: await folder() })
    const work = (side: Side) => async (): Promise<Work> => {
      const { page, call } = await (opening ??= open())
      let seed = 0
      return async () => {
        if (cold) {
          await page.reload()
          await page.waitForFunction('globalThis.mixflowPage !== undefined')
        }
        const { milliseconds, images } = await call('sample', side, { ...request, seed: seed++ })
        return { amount: cold ? 1 : request.count, milliseconds, result: () => images }
      }
    }
    return {
      ...{ workload, peer: 'onnxruntime-web', unit: cold ? 'starts' : 'images', tolerance: 1e-4 },
      ...{ ours: work(ours), theirs: work('bare') },
      end: async () => (await opening)?.[Symbol.asyncDispose](),
    }
  }
  return [
    comparison('sampling-worker', 'worker', warm),
    comparison('sampling-page', 'page', warm),
    comparison('start-worker', 'worker', first, true),
    comparison('start-page', 'page', first, true),
  ]
}
