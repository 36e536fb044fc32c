/** Measures the tasks of a page's main thread with Chromium's trace: CPU time, which other load does not affect, and wall time. */
import type { Page } from 'playwright-core'

export interface MainThread {
  /** The longest task, in milliseconds. */
  readonly longest: { readonly cpu: number; readonly wall: number }
  /** CPU time of all tasks, in milliseconds. */
  readonly cpu: number
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

export async function watchMainThread(page: Page, work: () => Promise<unknown>): Promise<MainThread> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the page has no browser')
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
  if (tasks.length === 0) throw new Error('the trace has no tasks of a main thread')
  const cpu = tasks.map(({ tdur = 0 }) => tdur / 1000)
  return {
    longest: {
      cpu: Math.max(...cpu),
      wall: Math.max(...tasks.map(({ dur = 0 }) => dur / 1000)),
    },
    cpu: cpu.reduce((sum, time) => sum + time, 0),
    tasks: tasks.length,
  }
}
