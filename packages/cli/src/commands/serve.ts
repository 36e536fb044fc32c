/** `mixflow serve`: serves models over HTTP until a signal ends it; running requests may finish first. */

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MixflowError } from '@mixflow/core'
import type { NodeModel } from '@mixflow/sdk-node'
import { logLine, serve } from '@mixflow/serve'
import { UsageError } from '../terminal/errors.ts'
import { Interrupted, interruptible } from '../terminal/signals.ts'
import { print } from '../terminal/text.ts'
import { loadShown, type ModelFlags, refuseRun } from './load-model.ts'

export interface ServeFlags extends ModelFlags {
  readonly host: string
  readonly port: number
  readonly allowHost: readonly string[]
  readonly allowOrigin: readonly string[]
  readonly largestBatch: number
  readonly maxCount: number
  readonly maxNetworkCalls: number
  readonly maxQueue: number
  readonly timeout: number
  readonly drain: number
}

/** Prints the address once it accepts requests; the log goes to standard error as lines of JSON. */
export async function serveCommand(args: readonly string[], flags: ServeFlags): Promise<void> {
  const sources = args.map(namedSource)
  for (const { source } of sources) refuseRun(source, 'serve')
  let hasServed = false
  const work = async (signal: AbortSignal) => {
    const models: Record<string, NodeModel> = {}
    try {
      for (const { name, source } of sources) {
        const model = await loadShown(source, flags, signal)
        const key = name ?? model.manifest.name
        if (Object.hasOwn(models, key)) {
          await model.dispose()
          throw duplicateName(key)
        }
        models[key] = model
      }
      await using server = await serve(models, optionsOf(flags))
      print(server.address)
      hasServed = true
      if (!signal.aborted) await once(signal, 'abort')
    } finally {
      const disposed = Promise.all(Object.values(models).map(model => model.dispose())).then(() => true)
      if (!(await Promise.race([disposed, sleep(disposeMilliseconds, false, { ref: false })])) && signal.aborted)
        exitNow()
      await disposed
    }
  }
  await interruptible(work).catch(error => {
    // a signal is the normal end of a server
    if (!(hasServed && error instanceof Interrupted)) throw error
  })
}

/** How long to wait, after the drain, for evaluations that are still running. */
const disposeMilliseconds = 2000

/** `process.exit` would wait for a running evaluation; an unhandled signal does not. */
function exitNow(): void {
  process.removeAllListeners('SIGTERM')
  process.kill(process.pid, 'SIGTERM')
}

function optionsOf({ allowHost, allowOrigin, timeout, drain, device, dtype, threads, workers, ...same }: ServeFlags) {
  const log = (record: Parameters<typeof logLine>[0]) => void process.stderr.write(logLine(record))
  const renamed = { allowHosts: allowHost, allowOrigins: allowOrigin, timeoutSeconds: timeout, drainSeconds: drain }
  return { ...same, ...renamed, log }
}

/** `model` or `name=model`. Write a path with an equals sign as `./a=b`. */
function namedSource(argument: string): { readonly name: string | undefined; readonly source: string } {
  const [, name, source] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/.exec(argument) ?? []
  if (source === '')
    throw new UsageError(`${argument} has no model after "="`, `for example ${name}=runs/${name}/model`)
  return source === undefined ? { name: undefined, source: argument } : { name, source }
}

const duplicateName = (name: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `two models have the name ${name}`, {
    hint: `rename one of them: ${name}-2=<model>`,
    details: { name },
  })
