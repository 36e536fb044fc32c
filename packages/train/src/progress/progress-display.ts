/**
 * Shows a training run on a stream: a bar on a terminal, plain lines anywhere else. CI systems and turbo, which prefixes
 * each line with the task's name, get lines even where they imitate a terminal.
 */
import { barDisplay } from './bar-display.ts'
import type { DisplayStream, ProgressDisplay } from './display.ts'
import { plainDisplay } from './plain-display.ts'

export interface ProgressOptions {
  /** `process.env` unless said. CI, TURBO_HASH and TERM=dumb ask for plain lines, NO_COLOR for a bar without colours. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A clock in milliseconds; `performance.now` unless said. */
  readonly now?: () => number
}

export function progressDisplay(stream: DisplayStream, options: ProgressOptions = {}): ProgressDisplay {
  const { env = process.env, now = () => performance.now() } = options
  const isTerminal = stream.isTTY === true && !env.CI && !env.TURBO_HASH && env.TERM !== 'dumb'
  return isTerminal ? barDisplay(stream, { color: !env.NO_COLOR }) : plainDisplay(stream, { now })
}
