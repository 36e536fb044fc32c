/**
 * How long a page cannot answer while sdk-web loads a model and samples in it: the longest task of its main thread, against the
 * 16 ms of a frame. The processor's time says what we do to the page; the time that passed also says what the machine does.
 *
 *   pnpm --filter @mixflow/bench main-thread
 */

import { findChromium, openPage } from '@mixflow/page'
import { watchMainThread } from '@mixflow/page/main-thread'
import type { PageRound, Side } from './page/sampling-page.ts'
import { quickstartModel } from './quickstart-model.ts'

interface InPage {
  readonly mixflowPage: { sample(side: Side, request: object): Promise<PageRound> }
}

const frame = 16
const request = { count: 64, seed: 1, label: 3, steps: 3, guidance: 0 }
const executable = findChromium()
if (executable !== null) {
  await using folder = await quickstartModel()
  for (const side of ['worker', 'page'] as const) {
    await using open = await openPage(executable, new URL('page/sampling-page.ts', import.meta.url), {
      folders: { model: folder.path },
      scripts: { start: new URL('../../packages/sdk-web/src/worker/start.ts', import.meta.url) },
    })
    const sample = () =>
      open.page.evaluate(({ side, request }) => (globalThis as unknown as InPage).mixflowPage.sample(side, request), {
        side,
        request,
      })
    for (const work of ['loading', 'sampling']) {
      const { longest, tasks } = await watchMainThread(open.page, sample)
      const [processor, passed] = [longest.processor, longest.passed].map(time => `${time.toFixed(1)} ms`)
      const verdict = longest.processor <= frame ? 'within' : 'above'
      const place = side === 'worker' ? 'in a worker' : 'in the page'
      console.log(
        `${work} ${place}: longest task ${processor} (${passed} passed), ${verdict} ${frame} ms; ${tasks} tasks`,
      )
    }
  }
}
process.exit()
