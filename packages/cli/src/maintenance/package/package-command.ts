/**
 * `mixflow package`: an npm package of a trained model with what users need to judge it: its measured quality next to a baseline, uncurated
 * images, and how it was trained. The output folder may contain an earlier version; files that are not part of the model are kept.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { imageGrid, type Manifest, MixflowError, type PlanarImage, parseManifest } from '@mixflow/core'
import { defined, magnify, manifestFileName } from '@mixflow/core/internal'
import { exportModel } from '@mixflow/export'
import { readFailure, readRegularFile } from '@mixflow/files'
import { encodePng, loadModel, type NodeModel } from '@mixflow/sdk-node'
import type { EvaluationResult } from '../../commands/evaluate/evaluation.ts'
import { neighboursFile } from '../../commands/evaluate/neighbours-image.ts'
import { modelId } from '../../commands/evaluate/open-generator.ts'
import { modelFolder } from '../../commands/export.ts'
import { interruptible } from '../../terminal/signals.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { linesText, percentText, print } from '../../terminal/text.ts'
import { writePackage } from './package-files.ts'
import {
  type Baseline,
  neighboursOf,
  packagedEvaluation,
  qualityFile,
  qualityMeasures,
  qualityRecord,
  readEvaluation,
  readSpeed,
} from './quality.ts'
import { qualityText } from './quality-text.ts'
import { machineText, trainingFile, trainingRecord } from './training-record.ts'

export interface PackageFlags {
  readonly as: string
  readonly out: string
  readonly evaluation: readonly string[]
  readonly baseline?: string
  readonly baselineEvaluation: readonly string[]
  readonly baselineName?: string
  readonly speed: readonly string[]
  readonly licence?: string
  readonly description?: string
  readonly name?: string
  readonly nfe?: number
  readonly float16?: boolean
}

export const packageCommand = (run: string, flags: PackageFlags): Promise<void> =>
  interruptible(async signal => {
    using status = statusLine()
    const draft = await mkdtemp(join(tmpdir(), 'mixflow-package-'))
    try {
      const model = modelFolder(run)
      const manifest = await readModel(model)
      const evaluations = await readEvaluations(flags.evaluation, model, manifest)
      const quality = qualityRecord({
        evaluations: evaluations.map(packagedEvaluation),
        baseline: await readBaseline(flags),
        speed: await Promise.all(flags.speed.map(path => readSpeed(path, manifest))),
      })
      const neighbours = await neighboursOf(flags.evaluation, evaluations)
      const text = [qualityText(quality), neighbours?.text].filter(Boolean).join('\n\n')
      const onProgress = (fraction: number) => status.show(`sample images: ${percentText(fraction)}`)
      await using loaded = await loadModel(model, { device: 'cpu', signal })
      const picture = await seedImages(loaded, { ...defined({ nfe: flags.nfe }), signal, onProgress })
      const { as: packageName, licence, description, name = manifest.name } = flags
      const training = await trainingRecord(run)
      const exported = await exportModel({
        checkpoint: run,
        out: join(draft, 'model'),
        command: training.command,
        signal,
        name,
        quality: qualityMeasures(evaluations),
        ...defined({ licence, description, dtypes: flags.float16 ? (['float16'] as const) : undefined }),
        card: {
          grid: picture,
          packageName,
          ...defined({ qualityText: text || undefined, machine: machineText(training) }),
          ...(neighbours !== null && { images: { [neighboursFile]: neighbours.png } }),
        },
        onProgress: ({ phase, fraction }) => status.show(`export ${run}: ${phase} ${percentText(fraction)}`),
      })
      checkSameNetworks(exported.manifest, manifest, model)
      const written = await writePackage(flags.out, {
        model: exported.folder,
        manifest: exported.manifest,
        name: packageName,
        records: { [trainingFile]: json(training), [qualityFile]: json(quality) },
      })
      status.clear()
      print(linesText([`${packageName}: ${written.length} files in ${flags.out}`]))
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  })

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

async function readModel(folder: string): Promise<Manifest> {
  const path = join(folder, manifestFileName)
  const text = await readRegularFile(path).catch(cause => {
    throw new MixflowError('MODEL_NOT_FOUND', `cannot read ${path}: ${readFailure(cause)}`, {
      hint: `export it first: mixflow export ${normalize(join(folder, '..'))}`,
      details: { path },
    })
  })
  return parseManifest(text)
}

/** Measured on any device and in any precision. */
function readEvaluations(folders: readonly string[], model: string, manifest: Manifest): Promise<EvaluationResult[]> {
  const ids = ['cpu', 'cuda', 'webgpu'].flatMap(device =>
    ['float32', 'float16'].map(dtype => modelId(manifest, { device, dtype })),
  )
  return Promise.all(folders.map(folder => readEvaluation(folder, { ids, model })))
}

async function readBaseline({ baseline, baselineEvaluation, baselineName }: PackageFlags): Promise<Baseline | null> {
  if (baseline === undefined) return null
  const model = modelFolder(baseline)
  const manifest = await readModel(model)
  const evaluations = await readEvaluations(baselineEvaluation, model, manifest)
  return { name: baselineName ?? manifest.name, evaluations: evaluations.map(packagedEvaluation) }
}

/** @throws MixflowError ARGUMENT_INVALID where the run was trained on after its model was exported and evaluated */
function checkSameNetworks(exported: Manifest, measured: Manifest, folder: string): void {
  const networks = ({ files }: Manifest) => files.filter(({ dtype }) => dtype !== undefined)
  const before = new Map(networks(measured).map(({ path, sha256 }) => [path, sha256]))
  if (networks(exported).every(({ path, sha256 }) => before.get(path) === sha256)) return
  throw new MixflowError('ARGUMENT_INVALID', `${folder} was exported from an earlier checkpoint of the run`, {
    hint: 'export it again with --overwrite, and evaluate it again',
    details: { folder },
  })
}

const seeds = 64

/** A PNG with its caption. With 2 to 16 classes, each class has a column. */
async function seedImages(
  model: NodeModel,
  { nfe, signal, onProgress }: Pick<PackageFlags, 'nfe'> & { signal: AbortSignal; onProgress(fraction: number): void },
) {
  const { labels, sampler } = model.manifest
  const byClass = labels !== null && labels.count > 1 && labels.count <= 16
  const columns = byClass ? labels.count : 8
  const images: PlanarImage[] = []
  let usedNfe = 0
  for (let seed = 0; seed < seeds; seed++) {
    const options = { ...defined({ nfe }), ...(byClass ? { label: seed % columns } : {}) }
    const result = await model.sample({ ...options, seed, count: 1, signal })
    images.push(...result.images)
    usedNfe = result.nfe
    onProgress((seed + 1) / seeds)
  }
  const grid = imageGrid(images, { padding: 1, background: -0.7, columns })
  const details = [
    `${sampler.solver}, ${usedNfe} NFE`,
    ...(sampler.guidance > 0 ? [`guidance ${sampler.guidance}`] : []),
    ...(byClass ? ['one class per column'] : []),
  ]
  return {
    png: encodePng(magnify(grid, Math.max(1, Math.round(64 / images[0]!.height)))),
    caption: `The first image of each of the seeds 0 to ${seeds - 1}, uncurated (${details.join('; ')})`,
  }
}
