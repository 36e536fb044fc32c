/**
 * Damages files and reads them in a child process that is watched. A failure is an input that throws anything but a MixflowError, crashes or
 * blocks the process, or takes too much time or memory.
 */

import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Counted, Failure, Limits, News, Position, Task } from './child.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly mutations: number
  /** Names of targets. Default: all. */
  readonly only?: readonly string[]
  /** One input of each target, to repeat a failure. Default: all. */
  readonly index?: number
  /** Module whose `targets()` are read. Default: `targets.ts`. */
  readonly module?: string
  readonly limits?: Partial<Limits>
  readonly onCounted?: (counted: Counted) => void
  readonly onFailure?: (failure: Failure) => void
}

export interface FuzzReport {
  readonly counted: readonly Counted[]
  readonly failures: readonly Failure[]
}

const child = fileURLToPath(new URL('child.ts', import.meta.url))
const mostFailures = 50
const startMilliseconds = 120_000
const defaults: Limits = {
  ...{ cpuMilliseconds: 3000, megabytes: 400, blockedMilliseconds: 60_000, heapMegabytes: 1024 },
}

/**
 * The counts of every target, and the failures. A crash or a blocked process costs one input; a new process continues behind it. Ends early
 * after 50 failures.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, mutations, only = [], index = null, onCounted, onFailure } = options
  const { module = new URL('targets.ts', import.meta.url).href, limits } = options
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-fuzz-'))
  const position = join(folder, 'position')
  const task = { seed, mutations, module, only, index, position, limits: { ...defaults, ...limits } }
  const report = { counted: [] as Counted[], failures: [] as Failure[] }
  const failed = (failure: Failure) => {
    report.failures.push(failure)
    onFailure?.(failure)
  }
  try {
    for (let from = 0; report.failures.length < mostFailures; ) {
      const ended = await run({ ...task, from }, news => {
        if ('failure' in news) failed(news.failure)
        if ('counted' in news) {
          report.counted.push(news.counted)
          onCounted?.(news.counted)
        }
      })
      if (ended === null) break
      const last = positionIn(position)
      // before the first input: a fault of the harness
      if (last === null || last.at < from) throw new Error(ended)
      failed({ seed, target: last.target, index: last.index, what: ended })
      from = last.at + 1
    }
    return report
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function positionIn(path: string): Position | null {
  const text = readFileSync(path, { encoding: 'utf8', flag: 'a+' }).trim()
  return text === '' ? null : (JSON.parse(text) as Position)
}

/** Null if the process read all inputs; otherwise how it ended. */
function run(task: Task, onNews: (news: News) => void): Promise<string | null> {
  const { heapMegabytes, blockedMilliseconds } = task.limits
  return new Promise(resolve => {
    const started = fork(child, [JSON.stringify(task)], {
      execArgv: [`--max-old-space-size=${heapMegabytes}`, '--conditions=@mixflow/source', '--import=tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let isDone = false
    let why = ''
    let errors = ''
    started.stderr?.on('data', chunk => {
      errors = `${errors}${chunk}`.slice(-2000)
    })
    started.on('message', (news: News) => {
      if ('done' in news) isDone = true
      onNews(news)
    })
    let last = { at: -1, since: Date.now() }
    const watch = setInterval(
      () => {
        const at = positionIn(task.position)?.at ?? -1
        if (at !== last.at) last = { at, since: Date.now() }
        // until the first input, the process loads its modules
        const most = at < task.from ? startMilliseconds : blockedMilliseconds
        if (Date.now() - last.since < most) return
        why = `blocked for ${most / 1000} s`
        started.kill('SIGKILL')
      },
      Math.min(1000, blockedMilliseconds / 4),
    )
    started.on('close', (code, signal) => {
      clearInterval(watch)
      resolve(isDone ? null : why || `ended with ${code ?? signal}: ${errors}`)
    })
  })
}
