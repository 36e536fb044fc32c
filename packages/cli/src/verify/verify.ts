/**
 * The parity runner: our code on the numbers of a reference implementation, one file of `kinds/` per part of the method.
 * Which part a fixture is of, its `group` says; everything else comes from the fixture, too.
 */

import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { type Fixture, invalid, known, readFixtureJson } from './fixture.ts'
import { checkCheckpoints } from './kinds/checkpoints.ts'
import { checkEncoder } from './kinds/encoder.ts'
import { checkLoss } from './kinds/loss.ts'
import { checkMetrics } from './kinds/metrics.ts'
import { checkOptim } from './kinds/optim.ts'
import { checkResnet } from './kinds/resnet.ts'
import { checkSolvers } from './kinds/solvers.ts'
import { checkSongUnet } from './kinds/song-unet.ts'
import { checkSongUnetShapes, isSongUnetShapes } from './kinds/song-unet-shapes.ts'
import { type NotCovered, type Quantity, Report } from './report.ts'

/** @throws MixflowError VERIFY_INVALID for a fixture that cannot be understood or is damaged */
type Check = (fixture: Fixture, report: Report) => Promise<void>

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

export interface Verified {
  /** Path of the fixture's JSON. */
  readonly fixture: string
  /** Empty where it is none that would be checked. */
  readonly group: string
  /** Why it was not checked: VERIFY_INVALID, SAFETENSORS_INVALID, … */
  readonly refused: MixflowError | null
  readonly quantities: readonly Quantity[]
  readonly notCovered: readonly NotCovered[]
}

export interface VerifyOptions {
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told of each fixture before it is checked. */
  readonly onFixture?: (file: string) => void
}

/**
 * Checks every fixture in a folder, or in its sub-folders where it has none itself; or a single one, by its JSON. One that is
 * refused does not keep the others from being checked.
 *
 * @throws MixflowError VERIFY_NOT_FOUND, ABORTED
 */
export async function verify(folder: string, { threads, signal, onFixture }: VerifyOptions = {}): Promise<Verified[]> {
  const files = jsonFiles(folder)
  await useOnnxBackend(threads === undefined ? {} : { threads })
  const results: Verified[] = []
  for (const file of files) {
    throwIfAborted(signal)
    onFixture?.(file)
    results.push(await verified(file))
  }
  if (results.some(({ group, refused }) => group !== '' || refused !== null)) return results
  throw new MixflowError('VERIFY_NOT_FOUND', `${folder} holds no reference numbers`, {
    hint: 'a fixture is a .json with a "group", and tensors in .safetensors beside it',
    details: { folder },
  })
}

async function verified(file: string): Promise<Verified> {
  const report = new Report()
  try {
    const fixture = { file, json: readFixtureJson(file) }
    const group = groupOf(fixture)
    if (group === null) report.skip(basename(file), 'all of it', 'it has no "group" that would say which part it is of')
    else await kinds[group](fixture, report)
    if (group !== null && report.quantities.length === 0) throw invalid(file, 'it has nothing to compare')
    return { fixture: file, group: group ?? '', refused: null, ...report }
  } catch (error) {
    return { fixture: file, group: '', refused: refusal(file, error), quantities: [], notCovered: [] }
  }
}

function groupOf(fixture: Fixture): keyof typeof kinds | null {
  const { file, json } = fixture
  if (isSongUnetShapes(json)) return 'songunet shapes'
  if (typeof json !== 'object' || json === null || !('group' in json)) return null
  return known(String(json.group), Object.keys(kinds) as (keyof typeof kinds)[], { file, what: 'group' })
}

/** What a runtime refuses, as tensors that do not fit each other, is refused here, too. */
function refusal(file: string, error: unknown): MixflowError {
  if (MixflowError.is(error)) return error
  return new MixflowError('VERIFY_INVALID', `${file}: it cannot be computed: ${(error as Error).message}`, {
    hint: 'the sizes of its tensors or the options in its JSON do not go together',
    details: { file },
    cause: error,
  })
}

function jsonFiles(folder: string): string[] {
  const info = statSync(folder, { throwIfNoEntry: false })
  if (info?.isFile() && folder.endsWith('.json')) return [folder]
  if (!info?.isDirectory()) {
    throw new MixflowError('VERIFY_NOT_FOUND', `there is no folder ${folder}`, { details: { folder } })
  }
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const own = entries.filter(entry => entry.isFile() && entry.name.endsWith('.json'))
  if (own.length > 0) return own.map(({ name }) => join(folder, name))
  return entries.filter(entry => entry.isDirectory()).flatMap(({ name }) => jsonFiles(join(folder, name)))
}
