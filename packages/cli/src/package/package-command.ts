/**
 * `mixflow package`: an npm package of a trained model, with all that somebody needs to judge it: how good it was measured to be,
 * beside its twin without the mixture, pictures that nobody picked, and how it was trained. The folder may be one that holds an earlier
 * version: what is not the model's stays.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { type Manifest, MixflowError, parseManifest } from '@mixflow/core'
import { defined, manifestFileName } from '@mixflow/core/internal'
import { exportModel } from '@mixflow/export'
import { readFailure, readRegularFile } from '@mixflow/files'
import { loadModel } from '@mixflow/sdk-node'
import type { EvaluationResult } from '../evaluate/evaluation.ts'
import { neighboursFile } from '../evaluate/neighbours-picture.ts'
import { modelId } from '../evaluate/open-generator.ts'
import { modelFolder } from '../export-command.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { linesText } from '../terminal/lines.ts'
import { type StatusLine, statusLine } from '../terminal/status-line.ts'
import { keptEvaluation, keptNeighbours, qualityMeasures } from './kept-evaluation.ts'
import { indexModule, indexTypes, packageJson } from './package-files.ts'
import { packagedEvaluation, qualityFile, qualityRecord, type Twin } from './quality-record.ts'
import { qualityText } from './quality-text.ts'
import { seedPictures } from './seed-pictures.ts'
import { readSpeed } from './speed-record.ts'
import { machineWords, trainingFile, trainingRecord } from './training-record.ts'
import { writePackage } from './write-package.ts'

export interface PackageFlags {
  readonly as: string
  readonly out: string
  readonly evaluation: readonly string[]
  readonly twin?: string
  readonly twinEvaluation: readonly string[]
  readonly twinName?: string
  readonly speed: readonly string[]
  readonly licence?: string
  readonly description?: string
  readonly name?: string
  readonly nfe?: number
  readonly float16?: boolean
}

export const packageCommand = (run: string, flags: PackageFlags): Promise<void> =>
  interruptible(async signal => {
    const status = statusLine()
    const draft = await mkdtemp(join(tmpdir(), 'mixflow-package-'))
    try {
      const model = modelFolder(run)
      const manifest = await readModel(model)
      const evaluations = await evaluationsOf(flags.evaluation, { run, manifest })
      const quality = qualityRecord({
        evaluations: evaluations.map(packagedEvaluation),
        twin: await twinOf(flags),
        speed: await Promise.all(flags.speed.map(path => readSpeed(path, manifest))),
      })
      const neighbours = await keptNeighbours(flags.evaluation, evaluations)
      const words = [qualityText(quality), neighbours?.text].filter(Boolean).join('\n\n')
      const picture = await picturesOf(model, { nfe: flags.nfe, signal, status })
      const { as: packageName, licence, description, name } = flags
      const training = await trainingRecord(run)
      const exported = await exportModel({
        ...{ checkpoint: run, out: join(draft, 'model'), command: training.command, signal },
        ...{ name: name ?? manifest.name, quality: qualityMeasures(evaluations) },
        ...defined({ licence, description, dtypes: flags.float16 ? (['float16'] as const) : undefined }),
        card: {
          ...{ picture, packageName },
          ...defined({ qualityText: words || undefined, machine: machineWords(training) }),
          ...(neighbours !== null && { pictures: { [neighboursFile]: neighbours.png } }),
        },
        onProgress: ({ phase, fraction }) => status.show(`export ${run}: ${phase} ${percent(fraction)}`),
      })
      checkSame(exported.manifest, manifest, model)
      const records = { [trainingFile]: json(training), [qualityFile]: json(quality) }
      const others = Object.keys(records)
      const written = await writePackage(flags.out, {
        ...{ model: exported.folder, manifest: exported.manifest },
        added: before => ({
          ...records,
          'index.js': indexModule(exported.manifest),
          'index.d.ts': indexTypes(exported.manifest),
          'package.json': json(packageJson({ manifest: exported.manifest, name: packageName, others }, before)),
        }),
      })
      status.clear()
      process.stdout.write(`${linesText([`${packageName}: ${written.length} files in ${flags.out}`])}\n`)
    } finally {
      status.clear()
      await rm(draft, { recursive: true, force: true })
    }
  })

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

const percent = (fraction: number) => `${Math.floor(100 * fraction)} %`

/** What was exported and measured. */
async function readModel(folder: string): Promise<Manifest> {
  const path = join(folder, manifestFileName)
  const text = await readRegularFile(path).catch(cause => {
    throw new MixflowError('MODEL_NOT_FOUND', `${path} cannot be read: ${readFailure(cause)}`, {
      hint: `export it first: mixflow export ${normalize(join(folder, '..'))}`,
      details: { path },
    })
  })
  return parseManifest(text)
}

const devices = ['cpu', 'cuda', 'webgpu'] as const
const precisions = ['float32', 'float16'] as const

/** Of this model, wherever and in whichever precision it was measured. */
function evaluationsOf(
  folders: readonly string[],
  { run, manifest }: { readonly run: string; readonly manifest: Manifest },
): Promise<EvaluationResult[]> {
  const places = devices.flatMap(device => precisions.map(dtype => ({ device, dtype })))
  const ids = places.map(place => modelId(manifest, place))
  return Promise.all(folders.map(folder => keptEvaluation(folder, { ids, model: modelFolder(run) })))
}

async function twinOf({ twin, twinEvaluation, twinName }: PackageFlags): Promise<Twin | null> {
  if (twin === undefined) return null
  const manifest = await readModel(modelFolder(twin))
  const evaluations = await evaluationsOf(twinEvaluation, { run: twin, manifest })
  return { name: twinName ?? manifest.name, evaluations: evaluations.map(packagedEvaluation) }
}

interface Drawing {
  readonly nfe: number | undefined
  readonly signal: AbortSignal
  readonly status: StatusLine
}

async function picturesOf(folder: string, { nfe, signal, status }: Drawing) {
  await using model = await loadModel(folder, { device: 'cpu', signal })
  return await seedPictures(model, { nfe, signal, onProgress: done => status.show(`draw pictures: ${percent(done)}`) })
}

/** The run may have been trained on since its model was exported and measured. */
function checkSame(exported: Manifest, measured: Manifest, folder: string): void {
  const graphs = ({ files }: Manifest) => files.filter(({ dtype }) => dtype !== undefined)
  const before = new Map(graphs(measured).map(({ path, sha256 }) => [path, sha256]))
  if (graphs(exported).every(({ path, sha256 }) => before.get(path) === sha256)) return
  throw new MixflowError('ARGUMENT_INVALID', `${folder} is of an earlier checkpoint than the run has now`, {
    hint: 'export it again (--overwrite), and measure it again',
    details: { folder },
  })
}
