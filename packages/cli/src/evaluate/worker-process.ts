/**
 * A process that does parts of an evaluation for another one: it opens generator and extractor for itself, does one part after the
 * other, and ends when the other one does.
 */

import { MixflowError } from '@mixflow/core'
import { localWorker, openExtractor, type PartWorker } from '@mixflow/measure'
import { outliveOutput } from '../terminal/outlive-output.ts'
import { endingSignals } from '../terminal/signals.ts'
import { openGenerator } from './open-generator.ts'
import type { FromWorker, ToWorker, WorkerTask } from './worker-message.ts'

const say = (message: FromWorker): void => void process.send?.(message)

let worker: PartWorker | undefined
let stop = new AbortController()

async function open({ place, id, generator, extractor }: WorkerTask): Promise<void> {
  const opened = await openGenerator(place, generator)
  if (opened.id !== id) {
    throw new MixflowError('WORKER_FAILED', `${place} changed while it was opened`, {
      hint: 'start again when it is at rest',
    })
  }
  const { threads } = generator
  const features =
    extractor === null
      ? null
      : await openExtractor(extractor.network, extractor.description, threads === undefined ? {} : { threads })
  worker = localWorker(opened, features)
  say({ type: 'opened' })
}

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'open') return open(message.task)
  if (message.type === 'abort') return stop.abort()
  stop = new AbortController()
  const onProgress = (fraction: number) => say({ type: 'progress', fraction })
  const result = await worker!.run(message.part, { signal: stop.signal, onProgress })
  say({ type: 'result', result })
}

function sent(error: unknown): FromWorker {
  const { code, message, hint } = error as Partial<MixflowError>
  const text = message ?? String(error)
  return {
    type: 'failure',
    error: { code: code ?? 'WORKER_FAILED', message: text, ...(hint === undefined ? {} : { hint }) },
  }
}

process.on('message', (message: ToWorker) => void handle(message).catch(error => say(sent(error))))
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches all processes of a terminal; who is in charge says what becomes of it
for (const name of endingSignals) process.on(name, () => {})
outliveOutput([process.stdout, process.stderr])
