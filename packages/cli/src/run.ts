/**
 * Runs `mixflow` with arguments and returns the exit code: 0 success, 1 failure, 2 invalid command line, or 128 plus the number of the signal
 * that ended it (130 for Ctrl-C).
 */

import { CommanderError } from 'commander'
import { mixflowProgram } from './program.ts'
import { colorsFor, describeError, UsageError } from './terminal/errors.ts'
import { Interrupted } from './terminal/signals.ts'

export async function run(args: readonly string[]): Promise<number> {
  try {
    await mixflowProgram().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // commander has printed it
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Interrupted) return error.exitCode
    process.stderr.write(`${describeError(error, colorsFor(process.stderr))}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}
