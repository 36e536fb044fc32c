/** `mixflow verify`: our code against the numbers of a reference implementation, a table per case. */

import { MixflowError } from '@mixflow/core'
import { formatCount } from '@mixflow/train'
import { interruptible } from '../terminal/interruptible.ts'
import { jsonText } from '../terminal/json-text.ts'
import { linesText } from '../terminal/lines.ts'
import { statusLine } from '../terminal/status-line.ts'
import { table } from '../terminal/table.ts'
import type { Quantity, Tolerance } from './report.ts'
import { type Verified, verify } from './verify.ts'

export interface VerifyFlags {
  readonly threads?: number
  readonly json?: boolean
}

/** @throws MixflowError after the tables: VERIFY_FAILED where a tolerance is not kept, else the first refusal; as `verify` */
export const verifyCommand = (folder: string, { threads, json }: VerifyFlags): Promise<void> =>
  interruptible(async signal => {
    const status = statusLine()
    try {
      const results = await verify(folder, { threads, signal, onFixture: file => status.show(`verify ${file}`) })
      status.clear()
      process.stdout.write(`${json ? asJson(results) : asText(results)}\n`)
      const failed = results.flatMap(({ quantities }) => quantities.filter(({ ok }) => !ok))
      if (failed.length > 0) throw failure(failed)
      const refusal = results.find(({ refused }) => refused !== null)?.refused
      if (refusal) throw refusal
    } finally {
      status.clear()
    }
  })

function failure(failed: readonly Quantity[]): MixflowError {
  const [first] = failed as [Quantity]
  const others = failed.length === 1 ? '' : `, and ${formatCount(failed.length - 1)} more`
  return new MixflowError('VERIFY_FAILED', `past its tolerance: ${first.quantity} of ${first.subject}${others}`, {
    hint: 'either the numbers were changed, or what computes here does it wrongly; the table has each error',
    details: { failed },
  })
}

/** JSON has no Infinity: an error that is none stands as null. */
export function asJson(results: readonly Verified[]): string {
  const quantities = results.flatMap(result => result.quantities)
  const ok = results.every(({ refused }) => refused === null) && quantities.every(quantity => quantity.ok)
  const fixtures = results.map(({ refused, ...result }) => ({
    ...result,
    refused: refused && { code: refused.code, message: refused.message },
  }))
  return jsonText({ ok, compared: quantities.length, fixtures })
}

export function asText(results: readonly Verified[]): string {
  const quantities = results.flatMap(result => result.quantities)
  const failed = quantities.filter(({ ok }) => !ok).length
  const refused = results.filter(result => result.refused !== null).length
  const states = [
    ...(failed > 0 ? [`${formatCount(failed)} past tolerance`] : quantities.length > 0 ? ['all within tolerance'] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ]
  const closing = `${formatCount(quantities.length)} quantities compared: ${states.join(', ')}`
  return linesText([...results.flatMap(fixtureLines), closing])
}

function fixtureLines({ fixture, group, refused, quantities, notCovered }: Verified): string[] {
  const subjects = [...new Set(quantities.map(({ subject }) => subject))]
  const rows = subjects.flatMap(subject =>
    quantities
      .filter(quantity => quantity.subject === subject)
      .map((quantity, i) => [i === 0 ? subject : '', ...cells(quantity)]),
  )
  const heading = ['case', 'quantity', 'max abs', 'max rel', 'tolerance', '']
  return [
    group === '' ? fixture : `${fixture} (${group})`,
    ...(rows.length === 0 ? [] : table([heading, ...rows], { right: [2, 3], gap: '  ' })),
    ...(refused === null ? [] : [`refused: ${refused.message}`]),
    ...notCovered.map(({ subject, what, why }) => `not covered: ${subject}: ${what} (${why})`),
    '',
  ]
}

const cells = ({ quantity, absolute, relative, tolerance, ok }: Quantity): string[] => [
  quantity,
  formatError(absolute),
  formatError(relative),
  formatTolerance(tolerance),
  ok ? 'ok' : 'FAILED',
]

const formatError = (error: number): string =>
  error === 0 ? '0' : Number.isFinite(error) ? error.toExponential(1) : 'infinite'

const formatTolerance = ({ absolute, relative }: Tolerance): string =>
  [
    ...(absolute === undefined ? [] : [absolute === 0 ? 'exact' : `abs ${shortest(absolute)}`]),
    ...(relative === undefined ? [] : [`rel ${shortest(relative)}`]),
  ].join(' or ')

const shortest = (value: number): string => Number(value.toPrecision(2)).toExponential()
