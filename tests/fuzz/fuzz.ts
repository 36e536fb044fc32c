/** Damages files and reads them, in a process that is watched: what throws anything but a MixflowError, crashes, hangs or takes much memory is told. */

import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Counted, Failure, News, Task } from './child.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly mutations: number
  readonly onCounted?: (counted: Counted) => void
  readonly onFailure?: (failure: Failure) => void
}

export interface FuzzReport {
  readonly counted: readonly Counted[]
  readonly failures: readonly Failure[]
}

/** An input at which the process stands still for so long is a hang: many times what the slowest may take. */
const stillMilliseconds = 60_000
const child = fileURLToPath(new URL('child.ts', import.meta.url))
/** More than any reader should need: beyond it, the process aborts and is told as crashed. */
const heapMegabytes = 1024

/** The counts of every target, and what failed. A crash or a hang costs its one input; the others go on in a new process. */
export async function fuzz({ seed, mutations, onCounted, onFailure }: FuzzOptions): Promise<FuzzReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-fuzz-'))
  const position = join(folder, 'position')
  const report = { counted: [] as Counted[], failures: [] as Failure[] }
  const failed = (failure: Failure) => {
    report.failures.push(failure)
    onFailure?.(failure)
  }
  try {
    for (let from = 0; ; ) {
      const ended = await run({ seed, mutations, from, to: Number.MAX_SAFE_INTEGER, position }, news => {
        if ('failure' in news) failed(news.failure)
        if ('counted' in news) {
          report.counted.push(news.counted)
          onCounted?.(news.counted)
        }
      })
      if (ended === null) return report
      const written = readFileSync(position, 'utf8')
      if (written === '' || Number(written) < from || report.failures.length > 50) throw new Error(ended)
      const at = Number(written)
      failed({ target: `input ${at} of all`, index: at, what: ended })
      from = at + 1
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Null where the process came to its end; else how it ended before. */
function run(task: Task, onNews: (news: News) => void): Promise<string | null> {
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
    let last = { at: '', since: Date.now() }
    const watch = setInterval(() => {
      const at = readFileSync(task.position, { encoding: 'utf8', flag: 'a+' })
      if (at !== last.at) last = { at, since: Date.now() }
      if (Date.now() - last.since < stillMilliseconds) return
      why = `stood still for ${stillMilliseconds / 1000} s`
      started.kill('SIGKILL')
    }, 1000)
    started.on('exit', (code, signal) => {
      clearInterval(watch)
      resolve(isDone ? null : why || `ended with ${code ?? signal}: ${errors}`)
    })
  })
}
