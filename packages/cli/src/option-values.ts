/** Parsers of option values: each returns the value or throws the error that commander shows with the option's name. */

import { InvalidArgumentError } from 'commander'

/** For options that may be repeated. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** `a,b,c` without duplicates. */
export function list(text: string): readonly string[] {
  const items = text.split(',').map(item => item.trim())
  if (items.every(item => item !== '')) return [...new Set(items)]
  throw new InvalidArgumentError('Expected a comma-separated list such as fd,is.')
}

export const integerList = (text: string): readonly number[] => list(text).map(integer(1))

export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    const isInteger = /^\d+$/.test(text)
    if (isInteger && value >= min && value <= max) return value
    const isUnbounded = max === Number.MAX_SAFE_INTEGER && !(isInteger && value > max)
    throw new InvalidArgumentError(
      isUnbounded ? `Expected an integer of at least ${min}.` : `Expected an integer from ${min} to ${max}.`,
    )
  }

/** Bounded, because a runtime that is asked for 100,000 threads hangs. */
export const threadCount = integer(1, 1024)

export function number(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number.')
}

/** Returns 0..1. */
export function percentage(text: string): number {
  const value = number(text.replace(/\s*%$/, ''))
  if (value >= 0 && value <= 100) return value / 100
  throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
}

export function path(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('Expected a path; "." is the current directory.')
}
