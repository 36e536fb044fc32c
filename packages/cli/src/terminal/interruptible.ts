/**
 * Ctrl-C and requests to terminate, as an AbortSignal: the work ends where it is safe to. The second one meets no handler
 * any more and ends the process at once, whatever it is doing.
 */

import { MixflowError } from '@mixflow/core'

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const
type SignalName = keyof typeof exitCodes

/** Ended by a signal, as asked: nothing to explain, but the exit code tells. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(name: SignalName) {
    super(`ended by ${name}`)
    this.name = 'Interrupted'
    this.exitCode = exitCodes[name]
  }
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts.
 *
 * @param onInterrupt told of it at once
 * @throws Interrupted if that happened, after `work` has come to its end; else what `work` throws
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<void>,
  onInterrupt: () => void = () => {},
): Promise<void> {
  const controller = new AbortController()
  let interrupted: Interrupted | undefined
  const listeners = (Object.keys(exitCodes) as SignalName[]).map(name => {
    const listener = () => {
      remove()
      interrupted = new Interrupted(name)
      onInterrupt()
      controller.abort(interrupted)
    }
    return { name, listener }
  })
  const remove = () => {
    for (const { name, listener } of listeners) process.off(name, listener)
  }
  for (const { name, listener } of listeners) process.on(name, listener)
  try {
    await work(controller.signal)
  } catch (error) {
    if (interrupted === undefined || !(MixflowError.is(error) && error.code === 'ABORTED')) throw error
  } finally {
    remove()
  }
  if (interrupted !== undefined) throw interrupted
}
