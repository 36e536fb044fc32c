/** How a command ends from outside: by a signal, which aborts it at a safe point, or with its output closed, which it survives. */

import { constants } from 'node:os'
import { MixflowError } from '@mixflow/core'

/**
 * Signals that ask a process to end and can be caught: a closed terminal (SIGHUP), Ctrl-C, Ctrl-\ and Ctrl-Break, SIGTERM, those that
 * batch systems send before a limit, and SIGPWR. SIGUSR1 is left out: it starts Node's debugger.
 */
const names = [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const),
  ...(['SIGUSR2', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGPWR'] as const),
]
type EndingSignal = (typeof names)[number]

/** Those that exist on this system. */
export const endingSignals: readonly EndingSignal[] = names.filter(name => Object.hasOwn(constants.signals, name))

/** Thrown when a signal ended the work: nothing is printed, and the exit code is 128 plus the signal's number. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(name: EndingSignal) {
    super(`ended by ${name}`)
    this.name = 'Interrupted'
    this.exitCode = 128 + constants.signals[name]
  }
}

/**
 * Runs `work` with an AbortSignal that the first ending signal aborts. A second one finds no handler and ends the process at once,
 * except SIGHUP, which a closing terminal sends twice and systemd sends right after SIGTERM.
 *
 * @param onInterrupt called when the signal arrives
 * @throws Interrupted after an interrupted `work` has ended; otherwise what `work` throws
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
      removeListeners(each => each !== 'SIGHUP')
      interrupted = new Interrupted(name)
      onInterrupt()
      controller.abort(interrupted)
    }
    return { name, listener }
  })
  const removeListeners = (isRemoved: (name: EndingSignal) => boolean) => {
    for (const { name, listener } of listeners) if (isRemoved(name)) process.off(name, listener)
  }
  for (const { name, listener } of listeners) process.on(name, listener)
  try {
    await work(controller.signal)
  } catch (error) {
    if (interrupted === undefined || !(MixflowError.is(error) && error.code === 'ABORTED')) throw error
  } finally {
    removeListeners(() => true)
  }
  if (interrupted !== undefined) throw interrupted
}

type Output = Pick<NodeJS.WriteStream, 'on' | 'write'>

/** Codes of a closed pipe, terminal or socket. */
const closed: readonly (string | undefined)[] = ['EPIPE', 'EIO', 'ENXIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']

/**
 * Keeps the process running when its output is closed (`| head`, a closed terminal): later output is dropped.
 *
 * @returns a function that returns the first other write error, such as a full disk, which makes the exit code 1
 */
export function outliveOutput(streams: readonly Output[]): () => NodeJS.ErrnoException | undefined {
  let failure: NodeJS.ErrnoException | undefined
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!closed.includes(error.code)) failure ??= error
      stream.write = drop // a failed stream would buffer everything that follows
    })
  }
  return () => failure
}

function drop(...args: readonly unknown[]): true {
  const done = args.at(-1)
  if (typeof done === 'function') process.nextTick(done as () => void)
  return true
}
