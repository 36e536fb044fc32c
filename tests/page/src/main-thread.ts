/**
 * What a page's main thread did while something went on, from Chromium's own trace: each task with the processor's time that it
 * took, which other work on the machine does not lengthen, and the time that passed.
 */
import type { Page } from 'playwright-core'

export interface MainThread {
  /** Of the longest task: the time in which the page could not answer. Milliseconds of the processor, and passed. */
  readonly longest: { readonly processor: number; readonly passed: number }
  /** Of all tasks, in milliseconds of the processor. */
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

export async function watchMainThread(page: Page, work: () => Promise<unknown>): Promise<MainThread> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the page has no browser of its own')
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
  if (tasks.length === 0) throw new Error('the trace has no task of a main thread')
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
