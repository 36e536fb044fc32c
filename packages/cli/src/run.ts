/**
 * One call of `mixflow`, from its arguments to its exit code: 0 done, 1 failed, 2 not understood, and 128 with the number of the
 * signal that ended it: 130 by Ctrl-C, 143 by a request to terminate, 129 by a closed terminal.
 */

import { CommanderError } from 'commander'
import { mixflowProgram } from './program.ts'
import { colorsFor } from './terminal/colors.ts'
import { describeError } from './terminal/describe-error.ts'
import { Interrupted } from './terminal/interruptible.ts'
import { UsageError } from './terminal/usage-error.ts'

export async function run(args: readonly string[]): Promise<number> {
  try {
    await mixflowProgram().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // what commander refuses, it has printed
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Interrupted) return error.exitCode
    process.stderr.write(`${describeError(error, colorsFor(process.stderr))}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}
