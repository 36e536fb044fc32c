/** The program of a worker process: measures one part after another, and exits when its parent does. */

import { MixflowError } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import { localWorker, openExtractor, type PartWorker } from '@mixflow/measure'
import { endingSignals, outliveOutput } from '../../terminal/signals.ts'
import { openGenerator } from './open-generator.ts'
import type { FromWorker, ToWorker, WorkerTask } from './workers.ts'

const send = (message: FromWorker): void => void process.send?.(message)

let worker: PartWorker | undefined
let stop = new AbortController()

async function open({ source, id, generator, extractor }: WorkerTask): Promise<void> {
  const opened = await openGenerator(source, generator)
  if (opened.id !== id) {
    throw new MixflowError('WORKER_FAILED', `${source} changed while it was opened`, {
      hint: 'start again when nothing writes to it',
    })
  }
  const { threads } = generator
  const features = extractor && (await openExtractor(extractor.network, extractor.description, defined({ threads })))
  worker = localWorker(opened, features)
  send({ type: 'opened' })
}

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'open') return open(message.task)
  if (message.type === 'abort') return stop.abort()
  stop = new AbortController()
  const onProgress = (fraction: number) => send({ type: 'progress', fraction })
  send({ type: 'result', result: await worker!.run(message.part, { signal: stop.signal, onProgress }) })
}

function sendFailure(error: unknown): void {
  const { code = 'WORKER_FAILED', message = String(error), hint } = error as Partial<MixflowError>
  send({ type: 'failure', code, message, hint })
}

process.on('message', (message: ToWorker) => void handle(message).catch(sendFailure))
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches every process of the terminal; only the parent reacts
for (const name of endingSignals) process.on(name, () => {})
outliveOutput([process.stdout, process.stderr])
