/** The tasks of a page's main thread, from Chromium's trace. CPU time is measured as well as wall time, because it does not depend on the machine's load. */
import type { Page } from 'playwright-core'

export interface MainThread {
  /** CPU and wall time of the longest task, in milliseconds. */
  readonly longest: { readonly processor: number; readonly passed: number }
  /** CPU time of all tasks, in milliseconds. */
  readonly processor: number
  readonly tasks: number
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly dur?: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** Traces the main thread while `work` runs. */
export async function watchMainThread(page: Page, work: () => Promise<unknown>): Promise<MainThread> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the page does not belong to a browser')
  await browser.startTracing(page, { categories: ['toplevel'] })
  let trace: Buffer
  try {
    await work()
  } finally {
    trace = await browser.stopTracing()
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] }
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(thread),
  )
  const tasks = traceEvents.filter(
    event => event.ph === 'X' && event.name === 'ThreadControllerImpl::RunTask' && mains.has(thread(event)),
  )
  if (tasks.length === 0) throw new Error('the trace contains no task of the main thread')
  const processor = tasks.map(({ tdur = 0 }) => tdur / 1000)
  return {
    longest: {
      processor: Math.max(...processor),
      passed: Math.max(...tasks.map(({ dur = 0 }) => dur / 1000)),
    },
    processor: processor.reduce((sum, time) => sum + time, 0),
    tasks: tasks.length,
  }
}
