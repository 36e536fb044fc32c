/**
 * What went wrong, for people: our own errors with code, message and hint, what the system refused in its words, and for
 * all else, which is a fault of ours, the stack and where to report it.
 */

import { inspect } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { printable as plain, printableName } from '@mixflow/core/internal'
import { packageFacts } from '../package-facts.ts'
import type { Colors } from './colors.ts'
import { printable } from './printable.ts'
import { UsageError } from './usage-error.ts'

export function describeError(error: unknown, colors: Colors): string {
  return printable(textOf(error, colors))
}

function textOf(error: unknown, { red }: Colors): string {
  if (error instanceof UsageError)
    return `${red('error:')} ${printableName(error.message)}${error.hint ? `\n  ${printableName(error.hint)}` : ''}`
  const text = MixflowError.is(error) ? oneLine(error).toString() : isOnnxError(error) ? String(error) : null
  if (text !== null) return plain(text).replace(/^[^:]*:/, heading => red(heading))
  if (isSystemError(error)) return `${red('error:')} ${printableName(error.message)}`
  const { version, issues } = packageFacts()
  return [
    red('mixflow failed in a way that it should not:'),
    plain(inspect(error, { colors: false })),
    `Please report it with the lines above and the command: ${issues}`,
    `mixflow ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  ].join('\n')
}

/** The message may hold a name with line breaks; in the hint, these are escaped already. */
const oneLine = ({ code, message, hint }: MixflowError): MixflowError =>
  new MixflowError(code, printableName(message), hint === undefined ? {} : { hint: hint.split('\n') })

/** tfjs-onnx has an error type of its own, and is not loaded for this. */
const isOnnxError = (error: unknown): boolean => error instanceof Error && error.name.startsWith('OnnxBackendError')

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string'
