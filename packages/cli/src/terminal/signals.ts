/** The signals that ask a process to end and that a program can catch, with the number of each on this system. */

import { constants } from 'node:os'

/**
 * A closed terminal is SIGHUP, Ctrl-C SIGINT, Ctrl-\ SIGQUIT, Ctrl-Break on Windows SIGBREAK; batch systems and supervisors send
 * SIGTERM, or SIGUSR2, SIGXCPU and SIGALRM before their limits, and SIGPWR where the power fails. SIGUSR1 starts Node's debugger.
 */
const names = [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const),
  ...(['SIGUSR2', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGPWR'] as const),
]

export type EndingSignal = (typeof names)[number]

/** Those of them that this system knows. */
export const endingSignals: readonly EndingSignal[] = names.filter(name => Object.hasOwn(constants.signals, name))

/** Exit code of a process that a signal ended, as shells give it: 128 and its number. */
export const signalExitCode = (name: EndingSignal): number => 128 + constants.signals[name]
