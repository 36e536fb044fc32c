/** `mixflow verify`: compares this implementation with reference numbers and prints a table of errors. */

import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { formatCount } from '@mixflow/train'
import { interruptible } from '../../terminal/signals.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { jsonText, linesText, print, table } from '../../terminal/text.ts'
import { Fixture } from './fixture.ts'
import { checkCheckpoints } from './kinds/checkpoints.ts'
import { checkEncoder } from './kinds/encoder.ts'
import { checkLoss } from './kinds/loss.ts'
import { checkMetrics } from './kinds/metrics.ts'
import { checkOptim } from './kinds/optim.ts'
import { checkResnet } from './kinds/resnet.ts'
import { checkSolvers } from './kinds/solvers.ts'
import { checkSongUnet, checkSongUnetShapes, isSongUnetShapes } from './kinds/song-unet.ts'
import { type NotCovered, type Quantity, Report, type Tolerance } from './report.ts'

/** @throws MixflowError after printing: VERIFY_FAILED where a tolerance is exceeded, otherwise the first refusal; and as `verify` */
export const verifyCommand = (
  folder: string,
  { threads, json }: { readonly threads?: number; readonly json?: boolean },
): Promise<void> =>
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

/** @throws MixflowError VERIFY_INVALID for a damaged or unsupported fixture */
type Check = (fixture: Fixture) => Promise<void>

/** By the `group` of a fixture. */
const kinds = {
  loss: checkLoss,
  solvers: checkSolvers,
  optim: checkOptim,
  metrics: checkMetrics,
  resnet: checkResnet,
  songunet: checkSongUnet,
  encoder: checkEncoder,
  'lightning-ckpt': checkCheckpoints,
  'songunet shapes': checkSongUnetShapes,
} as const satisfies Record<string, Check>
type Group = keyof typeof kinds

interface Verified {
  /** Path of the JSON file. */
  readonly fixture: string
  /** Empty for a file that is not a fixture. */
  readonly group: string
  /** VERIFY_INVALID, SAFETENSORS_INVALID, … */
  readonly refused: MixflowError | null
  readonly quantities: readonly Quantity[]
  readonly notCovered: readonly NotCovered[]
}

interface VerifyOptions {
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called before each fixture. */
  readonly onFixture?: (file: string) => void
}

/**
 * Checks a fixture, by its JSON file, or every fixture in a folder or else in its sub-folders. A refused fixture does not stop the others.
 *
 * @throws MixflowError VERIFY_NOT_FOUND, ABORTED
 */
export async function verify(path: string, { threads, signal, onFixture }: VerifyOptions = {}): Promise<Verified[]> {
  const files = jsonFiles(path)
  await useOnnxBackend(threads === undefined ? {} : { threads })
  const results: Verified[] = []
  for (const file of files) {
    throwIfAborted(signal)
    onFixture?.(file)
    results.push(await verified(file))
  }
  if (results.some(({ group, refused }) => group !== '' || refused !== null)) return results
  throw new MixflowError('VERIFY_NOT_FOUND', `there are no fixtures in ${path}`, {
    hint: 'a fixture is a .json file with a "group" and .safetensors files beside it',
    details: { folder: path },
  })
}

async function verified(file: string): Promise<Verified> {
  const report = new Report()
  try {
    const fixture = new Fixture(file, { report })
    const group = groupOf(fixture)
    if (group === null) report.skip(basename(file), 'the whole file', 'it has no "group"')
    else await kinds[group](fixture)
    if (group !== null && report.quantities.length === 0) throw fixture.invalid('there is nothing to compare')
    return { fixture: file, group: group ?? '', refused: null, ...report }
  } catch (error) {
    return { fixture: file, group: '', refused: refusal(file, error), quantities: [], notCovered: [] }
  }
}

function groupOf(fixture: Fixture): Group | null {
  const { json } = fixture
  if (isSongUnetShapes(json)) return 'songunet shapes'
  if (typeof json !== 'object' || json === null || !('group' in json)) return null
  return fixture.known(String(json.group), Object.keys(kinds) as Group[], 'group')
}

/** Errors of a runtime, for example about tensors whose shapes do not match. */
function refusal(file: string, error: unknown): MixflowError {
  if (MixflowError.is(error)) return error
  return new MixflowError('VERIFY_INVALID', `${file}: cannot be computed: ${(error as Error).message}`, {
    hint: 'the shapes of its tensors or the options in its JSON do not match',
    details: { file },
    cause: error,
  })
}

function jsonFiles(path: string): string[] {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info?.isFile() && path.endsWith('.json')) return [path]
  if (!info?.isDirectory()) {
    throw new MixflowError('VERIFY_NOT_FOUND', `there is no folder ${path}`, { details: { folder: path } })
  }
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries.filter(entry => entry.isFile() && entry.name.endsWith('.json'))
  if (files.length > 0) return files.map(({ name }) => join(path, name))
  return entries.filter(entry => entry.isDirectory()).flatMap(({ name }) => jsonFiles(join(path, name)))
}
