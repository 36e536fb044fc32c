/**
 * How long a page is blocked while sdk-web loads a model and samples: the longest task of its main thread, compared with the 16 ms of a
 * frame. CPU time is what sdk-web costs; wall time includes other load of the machine.
 *
 *   pnpm --filter @mixflow/bench main-thread
 */

import { findChromium } from '@mixflow/page'
import { watchMainThread } from '@mixflow/page/main-thread'
import { openBenchPage } from './in-page.ts'
import type { mixflowPage } from './page/sampling-page.ts'
import { quickstartModel } from './quickstart-model.ts'

const frame = 16
const request = { count: 64, seed: 1, label: 3, steps: 3, guidance: 0 }
const executable = findChromium()
if (executable !== null) {
  await using folder = await quickstartModel()
  for (const side of ['worker', 'page'] as const) {
    await using open = await openBenchPage<typeof mixflowPage>(executable, 'sampling-page', { model: folder.path })
    const sample = () => open.call('sample', side, request)
    for (const work of ['loading', 'sampling']) {
      const { longest, tasks } = await watchMainThread(open.page, sample)
      const [cpu, wall] = [longest.cpu, longest.wall].map(time => `${time.toFixed(1)} ms`)
      const verdict = longest.cpu <= frame ? 'within' : 'above'
      const where = side === 'worker' ? 'in a worker' : 'in the page'
      console.log(`${work} ${where}: longest task ${cpu} CPU (${wall} wall), ${verdict} ${frame} ms; ${tasks} tasks`)
    }
  }
}
process.exit()
