/**
 * Errors as text on standard error: a `MixflowError` with its code and hint, a system error with its message, and anything else, which
 * is a bug in mixflow, with its stack and the address for bug reports.
 */

import { inspect } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { defined, printable, printableName } from '@mixflow/core/internal'
import pc from 'picocolors'
import { packageFacts } from './this-program.ts'

/** An invalid command line; exit code 2. */
export class UsageError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'UsageError'
    this.hint = hint
  }
}

export type Colors = ReturnType<typeof pc.createColors>

/** Colours on a terminal, unless NO_COLOR is set or TERM is `dumb`. */
export const colorsFor = (stream: { readonly isTTY?: boolean }): Colors =>
  pc.createColors(stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb')

/** The colour codes that picocolors writes, without the one that hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches escape sequences
const color = /(\u001b\[(?:0|1|2|22|3[0-79]|39|9[0-7])m)/

export const describeError = (error: unknown, colors: Colors): string =>
  textOf(error, colors)
    .split(color)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('')

function textOf(error: unknown, { red }: Colors): string {
  if (error instanceof UsageError) {
    return `${red('error:')} ${printableName(error.message)}${error.hint ? `\n  ${printableName(error.hint)}` : ''}`
  }
  const text = MixflowError.is(error) ? singleLine(error).toString() : isBackendError(error) ? String(error) : null
  if (text !== null) return printable(text).replace(/^[^:]*:/, heading => red(heading))
  if (isSystemError(error)) return `${red('error:')} ${printableName(error.message)}`
  const { version, issues } = packageFacts()
  return [
    red('Unexpected error, probably a bug in mixflow:'),
    printable(inspect(error, { colors: false })),
    `Please report it with the text above and the command: ${issues}`,
    `mixflow ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  ].join('\n')
}

/** Line breaks in the message, which may come from a file name, are escaped; the hint may have several lines. */
const singleLine = ({ code, message, hint }: MixflowError): MixflowError =>
  new MixflowError(code, printableName(message), defined({ hint: hint?.split('\n') }))

/** Recognized by name, so that the backends are not loaded. */
const isBackendError = (error: unknown): boolean =>
  error instanceof Error && /^(Onnx|Torch)BackendError/.test(error.name)

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string'
