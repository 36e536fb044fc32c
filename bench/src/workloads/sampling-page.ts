/**
 * Sampling in a page with sdk-web against a loop written by hand over bare onnxruntime-web: WebAssembly with one thread, batches
 * of 16 digits at 5 NFE; in a worker, as users have it, and in the page's own thread, as the loop is. And the cold start: from a
 * page that has just been opened to its first picture.
 */

import { findChromium, type OpenPage, openPage } from '@mixflow/page'
import type { BareRequest } from '../bare-loop.ts'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'
import type { PageRound, Side } from '../page/sampling-page.ts'

interface InPage {
  readonly mixflowPage: { sample(side: Side, request: BareRequest): Promise<PageRound> }
}

const warm: Omit<BareRequest, 'seed'> = { count: 16, label: 3, steps: 3, guidance: 0 }
const first: Omit<BareRequest, 'seed'> = { count: 1, label: 3, steps: 1, guidance: 0 }

export const samplingInPage = (folder: () => Promise<string>): readonly Comparison[] => {
  const executable = findChromium()
  if (executable === null) return []
  const comparison = (workload: string, ours: Side, request: Omit<BareRequest, 'seed'>, cold = false): Comparison => {
    let opening: Promise<OpenPage> | undefined
    const open = async () =>
      openPage(executable, new URL('../page/sampling-page.ts', import.meta.url), {
        folders: { model: await folder() },
        scripts: { start: new URL('../../../packages/sdk-web/src/worker/start.ts', import.meta.url) },
      })
    const work = (side: Side) => async (): Promise<Work> => {
      const { page } = await (opening ??= open())
      let seed = 0
      return async () => {
        if (cold) {
          await page.reload()
          await page.waitForFunction('globalThis.mixflowPage !== undefined')
        }
        const given = { side, request: { ...request, seed: seed++ } }
        const { milliseconds, images } = await page.evaluate(
          ({ side, request }) => (globalThis as unknown as InPage).mixflowPage.sample(side, request),
          given,
        )
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
