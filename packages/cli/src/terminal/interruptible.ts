/**
 * A signal that asks the process to end (Ctrl-C, a closed terminal, a request to terminate) as an AbortSignal: the work ends where
 * it is safe to. The second one meets no handler and ends the process at once, whatever it is doing. Only SIGHUP never does:
 * a terminal that closes sends it twice (the shell and the system), and systemd right after SIGTERM.
 */

import { MixflowError } from '@mixflow/core'
import { type EndingSignal, endingSignals, signalExitCode } from './signals.ts'

/** Ended by a signal, as asked: nothing to explain, but the exit code tells. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(name: EndingSignal) {
    super(`ended by ${name}`)
    this.name = 'Interrupted'
    this.exitCode = signalExitCode(name)
  }
}

/**
 * Runs `work` with a signal that the first of `endingSignals` aborts.
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
  const listeners = endingSignals.map(name => {
    const listener = () => {
      if (interrupted !== undefined) return
      remove(each => each !== 'SIGHUP')
      interrupted = new Interrupted(name)
      onInterrupt()
      controller.abort(interrupted)
    }
    return { name, listener }
  })
  const remove = (isMeant: (name: EndingSignal) => boolean) => {
    for (const { name, listener } of listeners) if (isMeant(name)) process.off(name, listener)
  }
  for (const { name, listener } of listeners) process.on(name, listener)
  try {
    await work(controller.signal)
  } catch (error) {
    if (interrupted === undefined || !(MixflowError.is(error) && error.code === 'ABORTED')) throw error
  } finally {
    remove(() => true)
  }
  if (interrupted !== undefined) throw interrupted
}
