/** `mixflow serve`: models over HTTP until Ctrl-C or a request to terminate, which lets running requests end. */

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '@mixflow/core/internal'
import { type LoadModelOptions, loadModel, type NodeModel } from '@mixflow/sdk-node'
import { logLine, serve } from '@mixflow/serve'
import { refuseRun } from '../refuse-run.ts'
import { Interrupted, interruptible } from '../terminal/interruptible.ts'
import { statusLine } from '../terminal/status-line.ts'
import { namedPlace, nameTaken } from './named-models.ts'

export interface ServeFlags {
  readonly host: string
  readonly port: number
  readonly allowHost: readonly string[]
  readonly allowOrigin: readonly string[]
  readonly largestBatch: number
  readonly maxCount: number
  readonly maxNfe: number
  readonly maxQueue: number
  readonly timeout: number
  readonly drain: number
  readonly device?: string
  readonly dtype?: string
  readonly threads?: number
}

/** The address is the first line on stdout, once requests are taken; records of what happens are lines of JSON on stderr. */
export async function serveCommand(words: readonly string[], flags: ServeFlags): Promise<void> {
  const places = words.map(namedPlace)
  for (const { place } of places) refuseRun(place, 'serve')
  let hasServed = false
  const work = async (signal: AbortSignal) => {
    const models: Record<string, NodeModel> = {}
    try {
      for (const { name, place } of places) {
        const model = await load(place, flags, signal)
        // kept first, so that it is disposed of whatever comes
        const key = name ?? model.manifest.name
        if (Object.hasOwn(models, key)) {
          await model.dispose()
          throw nameTaken(key)
        }
        models[key] = model
      }
      await using server = await serve(models, optionsOf(flags))
      process.stdout.write(`${server.address}\n`)
      hasServed = true
      if (!signal.aborted) await once(signal, 'abort')
    } finally {
      const disposed = Promise.all(Object.values(models).map(model => model.dispose())).then(() => true)
      if (!(await Promise.race([disposed, sleep(lastMilliseconds, false, { ref: false })])) && signal.aborted) endNow()
      await disposed
    }
  }
  await interruptible(work).catch(error => {
    // to be ended is what a server waits for
    if (!(hasServed && error instanceof Interrupted)) throw error
  })
}

/** After the drain, for the evaluations that run. */
const lastMilliseconds = 2000

/** An evaluation cannot be broken off, and `process.exit` would wait for it: the process ends by a signal that nobody handles. */
function endNow(): void {
  process.removeAllListeners('SIGTERM')
  process.kill(process.pid, 'SIGTERM')
}

async function load(place: string, { device, dtype, threads }: ServeFlags, signal: AbortSignal): Promise<NodeModel> {
  const status = statusLine()
  try {
    return await loadModel(place, {
      ...(defined({ device, dtype, threads }) as Pick<LoadModelOptions, 'device' | 'dtype' | 'threads'>),
      signal,
      onProgress: ({ phase, fraction }) => status.show(`load ${place}: ${phase} ${Math.floor(100 * fraction)} %`),
    })
  } finally {
    status.clear()
  }
}

const optionsOf = (flags: ServeFlags) => ({
  ...{ host: flags.host, port: flags.port, allowHosts: flags.allowHost, allowOrigins: flags.allowOrigin },
  ...{ largestBatch: flags.largestBatch, maxCount: flags.maxCount, maxNfe: flags.maxNfe, maxQueue: flags.maxQueue },
  ...{ timeoutSeconds: flags.timeout, drainSeconds: flags.drain },
  log: (record: Parameters<typeof logLine>[0]) => void process.stderr.write(logLine(record)),
})
