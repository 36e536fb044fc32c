/**
 * Worker processes of `mixflow evaluate --workers`. Each opens the generator and the extractor itself, on its part of the cores: for small
 * networks that is faster than one process with multithreaded operators. The result does not depend on which worker measures which part.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import type { ExtractorDescription, Part, PartOptions, PartWorker, ResultOf } from '@mixflow/measure'
import type { GeneratorOptions } from './open-generator.ts'

export interface WorkerTask {
  readonly source: string
  /** Expected identity, because the source may have changed. */
  readonly id: string
  readonly generator: GeneratorOptions
  readonly extractor: { readonly network: Uint8Array; readonly description: ExtractorDescription } | null
}

export type ToWorker =
  | { readonly type: 'open'; readonly task: WorkerTask }
  | { readonly type: 'run'; readonly part: Part }
  | { readonly type: 'abort' }

export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'progress'; readonly fraction: number }
  | { readonly type: 'result'; readonly result: ResultOf<Part> }
  | { readonly type: 'failure'; readonly code: string; readonly message: string; readonly hint?: string | undefined }

/** @throws MixflowError the error of a worker; WORKER_FAILED where one exits */
export async function workerProcesses(
  count: number,
  task: WorkerTask,
): Promise<AsyncDisposable & { readonly workers: readonly PartWorker[] }> {
  const script = fileURLToPath(new URL(`./worker-main${extname(import.meta.url)}`, import.meta.url))
  const children = Array.from({ length: count }, () =>
    fork(script, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  const end = async () => void (await Promise.all(children.map(kill)))
  try {
    await Promise.all(children.map(child => request(child, { type: 'open', task })))
    return { workers: children.map(workerIn), [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Finished parts are stored, so an unfinished one may be lost. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const workerIn = (child: ChildProcess): PartWorker => ({
  async run<P extends Part>(part: P, { signal, onProgress }: PartOptions = {}) {
    const abort = () => child.connected && child.send({ type: 'abort' } satisfies ToWorker)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return (await request(child, { type: 'run', part }, onProgress)) as ResultOf<P>
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  },
})

/** Sends a message and waits for its answer. */
function request(child: ChildProcess, message: ToWorker, onProgress?: (fraction: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      finish()
    }
    const onMessage = (answer: FromWorker) => {
      if (answer.type === 'progress') return onProgress?.(answer.fraction)
      if (answer.type !== 'failure') return settle(() => resolve(answer.type === 'result' ? answer.result : null))
      const { code, message: text, hint } = answer
      const error = new MixflowError(code as MixflowErrorCode, text, defined({ hint: hint?.split('\n') }))
      settle(() => reject(error))
    }
    const onExit = (code: number | null, signal: string | null) => {
      const error = new MixflowError('WORKER_FAILED', `a worker process exited (${signal ?? `exit code ${code}`})`, {
        hint: 'it may have run out of memory; use fewer --workers or a smaller --batch-size. Finished parts are kept',
      })
      settle(() => reject(error))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    if (child.connected) child.send(message)
    else onExit(child.exitCode, child.signalCode)
  })
}
