/**
 * Workers in processes of their own: each has its networks and its share of the processor's cores, which for small networks does
 * more than one process whose operators split themselves. Which worker does a part does not change its result.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import type { Part, PartOptions, PartWorker, ResultOf } from '@mixflow/measure'
import type { FromWorker, SentError, ToWorker, WorkerTask } from './worker-message.ts'

export interface WorkerProcesses extends AsyncDisposable {
  readonly workers: readonly PartWorker[]
}

/** @throws MixflowError what a worker meets while opening; WORKER_FAILED where one ends */
export async function workerProcesses(count: number, task: WorkerTask): Promise<WorkerProcesses> {
  const script = fileURLToPath(new URL(`./worker-process${extname(import.meta.url)}`, import.meta.url))
  // their errors come as messages; what else they print is of no use to anybody
  const children = Array.from({ length: count }, () =>
    fork(script, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  const end = async () => {
    await Promise.all(children.map(ended))
  }
  try {
    await Promise.all(children.map(child => answer(child, { type: 'open', task })))
    return { workers: children.map(workerIn), [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL') // what it did is kept; a part under way is of no use
  await gone
}

const workerIn = (child: ChildProcess): PartWorker => ({
  async run<P extends Part>(part: P, { signal, onProgress }: PartOptions = {}) {
    const abort = () => child.connected && child.send({ type: 'abort' } satisfies ToWorker)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return (await answer(child, { type: 'run', part }, onProgress)) as ResultOf<P>
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  },
})

/** Sends, and waits for what comes back of it. */
function answer(child: ChildProcess, message: ToWorker, onProgress?: (fraction: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      finish()
    }
    const onMessage = (said: FromWorker) => {
      if (said.type === 'progress') return onProgress?.(said.fraction)
      settle(() =>
        said.type === 'failure' ? reject(errorOf(said.error)) : resolve(said.type === 'result' ? said.result : null),
      )
    }
    const onExit = (code: number | null, signal: string | null) => {
      const failed = new MixflowError(
        'WORKER_FAILED',
        `a worker process ended by itself (${signal ?? `exit code ${code}`})`,
        {
          hint: 'it may have run out of memory: use fewer --workers or a smaller --batch-size; what is done is kept',
        },
      )
      settle(() => reject(failed))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    if (child.connected) child.send(message)
    else onExit(child.exitCode, child.signalCode)
  })
}

const errorOf = ({ code, message, hint }: SentError): MixflowError =>
  new MixflowError(code as MixflowErrorCode, message, hint === undefined ? {} : { hint: hint.split('\n') })
