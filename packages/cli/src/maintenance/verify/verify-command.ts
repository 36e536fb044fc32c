/** `mixflow verify`: compares this implementation with reference numbers and prints a table of errors. */

import { MixflowError } from '@mixflow/core'
import { formatCount } from '@mixflow/train'
import { interruptible } from '../../terminal/signals.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { jsonText, linesText, print, table } from '../../terminal/text.ts'
import type { Quantity, Tolerance } from './report.ts'
import { type Verified, verify } from './verify.ts'

export interface VerifyFlags {
  readonly threads?: number
  readonly json?: boolean
}

/** @throws MixflowError after printing: VERIFY_FAILED where a tolerance is exceeded, otherwise the first refusal; and as `verify` */
export const verifyCommand = (folder: string, { threads, json }: VerifyFlags): Promise<void> =>
  interruptible(async signal => {
    using status = statusLine()
    const results = await verify(folder, { threads, signal, onFixture: file => status.show(`verify ${file}`) })
    status.clear()
    print(json ? verifiedJson(results) : verifiedText(results))
    const failed = results.flatMap(({ quantities }) => quantities.filter(({ ok }) => !ok))
    if (failed.length > 0) throw failure(failed)
    const refusal = results.find(({ refused }) => refused !== null)?.refused
    if (refusal) throw refusal
  })

function failure(failed: readonly Quantity[]): MixflowError {
  const [first] = failed as [Quantity]
  const others = failed.length === 1 ? '' : `, and ${formatCount(failed.length - 1)} more`
  return new MixflowError('VERIFY_FAILED', `tolerance exceeded: ${first.quantity} of ${first.subject}${others}`, {
    hint: 'either the fixture was changed, or the computation is wrong; see the table',
    details: { failed },
  })
}

/** An infinite error becomes null. */
function verifiedJson(results: readonly Verified[]): string {
  const quantities = results.flatMap(result => result.quantities)
  const ok = results.every(({ refused }) => refused === null) && quantities.every(quantity => quantity.ok)
  const fixtures = results.map(({ refused, ...result }) => ({
    ...result,
    refused: refused && { code: refused.code, message: refused.message },
  }))
  return jsonText({ ok, compared: quantities.length, fixtures })
}

function verifiedText(results: readonly Verified[]): string {
  const quantities = results.flatMap(result => result.quantities)
  const failed = quantities.filter(({ ok }) => !ok).length
  const refused = results.filter(result => result.refused !== null).length
  const states = [
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : quantities.length > 0 ? ['all within tolerance'] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ]
  const summary = `${formatCount(quantities.length)} quantities compared: ${states.join(', ')}`
  return linesText([...results.flatMap(fixtureLines), summary])
}

function fixtureLines({ fixture, group, refused, quantities, notCovered }: Verified): string[] {
  const subjects = [...new Set(quantities.map(({ subject }) => subject))]
  const rows = subjects.flatMap(subject =>
    quantities
      .filter(quantity => quantity.subject === subject)
      .map(({ quantity, absolute, relative, tolerance, ok }, i) => [
        i === 0 ? subject : '',
        quantity,
        formatError(absolute),
        formatError(relative),
        formatTolerance(tolerance),
        ok ? 'ok' : 'FAILED',
      ]),
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

const formatError = (error: number): string =>
  error === 0 ? '0' : Number.isFinite(error) ? error.toExponential(1) : 'infinite'

const formatTolerance = ({ absolute, relative }: Tolerance): string =>
  [
    ...(absolute === undefined ? [] : [absolute === 0 ? 'exact' : `abs ${shortest(absolute)}`]),
    ...(relative === undefined ? [] : [`rel ${shortest(relative)}`]),
  ].join(' or ')

const shortest = (value: number): string => Number(value.toPrecision(2)).toExponential()
