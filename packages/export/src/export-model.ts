/**
 * `exportModel`: from a checkpoint to a folder that samples anywhere. The weights are read and verified, each network is
 * traced to ONNX in two precisions, every graph is compared with the trained network, and only then is anything written,
 * all of it or nothing. The same checkpoint and options give the same bytes, `created` aside.
 */

import { basename, resolve } from 'node:path'
import type { Manifest, Parity } from '@mixflow/core'
import { manifestToJson, sampledLabels, throwIfAborted } from '@mixflow/core/internal'
import {
  type DamagedCheckpoint,
  type OpenCheckpoint,
  openCheckpoint,
  type WeightsKind,
} from './checkpoint/open-checkpoint.ts'
import { lastGrid, runCommand, type SampleGrid } from './checkpoint/run-files.ts'
import { entryOf, type ModelFile, manifestOf } from './describe/manifest.ts'
import { count } from './describe/markdown.ts'
import { modelCard, noCommand, noLicence } from './describe/model-card.ts'
import { samplingDefaults } from './describe/sampling.ts'
import {
  type CardPicture,
  type CheckedOptions,
  checkOptions,
  type ExportOptions,
  isModelName,
} from './export-options.ts'
import { fileNames, graphName } from './folder/file-names.ts'
import { checkReplaceable, placeOf } from './folder/replaceable.ts'
import { writeFolder } from './folder/write-folder.ts'
import { countWeights, type NetworkGraph, networkGraphs } from './graph/network-graph.ts'
import { type Dtype, onnxBytes } from './graph/onnx-bytes.ts'
import { checkParity, type ExportedGraph } from './parity/check-parity.ts'

export interface ExportResult {
  /** The folder that was written. */
  readonly folder: string
  readonly manifest: Manifest
  /** The folder of the checkpoint that was exported. */
  readonly checkpoint: string
  /** Whether the moving average of the weights was exported, or, for want of one, those of the last step. */
  readonly weights: WeightsKind
  /** Newer checkpoints of the run that could not be read, and were passed over. */
  readonly damaged: readonly DamagedCheckpoint[]
}

/**
 * Writes a model folder: `mixflow.json`, the networks as ONNX in float32 and float16, `README.md`, and `grid.png` where the
 * run has one.
 *
 * @throws MixflowError ARGUMENT_INVALID, CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID, SAFETENSORS_INVALID, EXPORT_PARITY,
 *   EXPORT_EXISTS, EXPORT_DISK, MANIFEST_INVALID for a `quality` that no manifest can hold, ABORTED. Whichever it is, nothing was written and nothing is left behind.
 */
export async function exportModel(given: ExportOptions): Promise<ExportResult> {
  const options = checkOptions(given)
  const { report, signal, overwrite } = options
  const folder = await placeOf(options.out)
  await checkReplaceable(folder, { overwrite })

  // checkpoint
  report({ phase: 'checkpoint', fraction: 0 })
  const opened = await openCheckpoint(options.checkpoint, { signal })
  const { record, run } = opened
  const graphs = networkGraphs(opened)
  const name = options.name ?? defaultName(record, run)
  const labels = sampledLabels(record)
  const sampler = samplingDefaults(options.sampling, { ...record, labels })
  const picture = options.card.picture ?? (run === null ? null : trainingPicture(await lastGrid(run, record), record))
  const command = options.command ?? (run === null ? undefined : await runCommand(run)) ?? noCommand
  report({ phase: 'checkpoint', fraction: 1 })

  // graphs, and the proof that they are the trained networks
  const exported = await traceAll(graphs, { name, options })
  report({ phase: 'parity', fraction: 0 })
  const onProgress = (fraction: number) => report({ phase: 'parity', fraction })
  const parity = await checkParity(exported, { labels: record.labels, limits: options.limits, signal, onProgress })

  // files
  report({ phase: 'files', fraction: 0 })
  const { manifest, files } = await describe({
    opened,
    exported,
    picture,
    parity,
    options,
    stated: { name, labels, sampler, command },
  })
  const onFile = (done: number) => report({ phase: 'files', fraction: done / files.size })
  await writeFolder({ path: folder, files, overwrite, signal, onFile })
  const { folder: checkpoint, weights, damaged } = opened
  return { folder, manifest, checkpoint, weights, damaged }
}

interface TraceRequest {
  readonly name: string
  readonly options: CheckedOptions
}

async function traceAll(
  graphs: readonly NetworkGraph[],
  { name, options: { signal, report } }: TraceRequest,
): Promise<ExportedGraph[]> {
  const exported: ExportedGraph[] = []
  let done = 0
  const traced = async (graph: NetworkGraph, dtype: Dtype) => {
    throwIfAborted(signal)
    report({ phase: 'graphs', fraction: done++ / (2 * graphs.length) })
    return onnxBytes(graph, { name, dtype })
  }
  for (const graph of graphs) {
    const float32 = await traced(graph, 'float32')
    exported.push({ graph, bytes: { float32, float16: await traced(graph, 'float16') } })
  }
  report({ phase: 'graphs', fraction: 1 })
  return exported
}

interface Description {
  readonly opened: OpenCheckpoint
  readonly exported: readonly ExportedGraph[]
  readonly picture: CardPicture | null
  readonly parity: Readonly<Record<Dtype, Parity>>
  readonly options: CheckedOptions
  readonly stated: Pick<Manifest, 'name' | 'labels' | 'sampler'> & { readonly command: string }
}

/** The manifest, and every file by name. The card is described by the manifest and describes it: it is written second. */
async function describe({ opened, exported, picture, parity, options, stated }: Description) {
  const { licence = noLicence, description, created, quality } = options
  const counted = Object.fromEntries(exported.map(({ graph }) => [graph.role, countWeights(graph)]))
  const parameters = { denoiser: counted.denoiser ?? 0, encoder: counted.encoder ?? 0 }
  const total = parameters.denoiser + parameters.encoder
  const facts = { ...stated, licence, description, created, quality, parity, parameters: total }
  const files: ModelFile[] = exported.flatMap(graph => graphFiles(graph, options.dtypes))
  if (picture !== null) files.push({ path: fileNames.grid, bytes: picture.png, role: 'grid' })
  for (const [path, bytes] of Object.entries(options.card.pictures ?? {})) files.push({ path, bytes, role: 'report' })

  const { record, weights } = opened
  const draft = await manifestOf(opened, files, facts)
  const caption = picture?.caption ?? null
  const { picture: _, pictures: __, ...words } = options.card
  const card = modelCard({ manifest: draft, record, weights, parameters, caption, ...words })
  const cardFile: ModelFile = { path: fileNames.card, bytes: utf8(card), role: 'card' }
  const manifest: Manifest = { ...draft, files: [...draft.files, await entryOf(cardFile)] }
  const all = new Map([...files, cardFile].map(({ path, bytes }) => [path, bytes]))
  return { manifest, files: all.set(fileNames.manifest, utf8(manifestToJson(manifest))) }
}

/** What the run drew last. */
function trainingPicture(grid: SampleGrid | null, { labels }: OpenCheckpoint['record']): CardPicture | null {
  if (grid === null) return null
  const rows = labels === null ? '' : ', one class per row'
  return { png: grid.png, caption: `Samples drawn in training after ${count(grid.imagesSeen)} images${rows}` }
}

const graphFiles = ({ graph: { role }, bytes }: ExportedGraph, wanted: readonly Dtype[]): ModelFile[] =>
  wanted.map(dtype => ({ path: graphName(role, dtype), bytes: bytes[dtype], role, dtype }))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * The name of the run's folder, in the letters that a name may have; the preset (of `zoo/mnist`, `mnist`), else the data, for a folder
 * that is named after the preset, and for a checkpoint outside of a run.
 */
function defaultName({ preset, dataset }: OpenCheckpoint['record'], run: string | null): string {
  const ofPreset = preset?.replace(/^zoo\//, '') ?? dataset.name
  const folder = run === null ? '' : basename(resolve(run))
  const name = (folder === '' || folder === preset?.replaceAll('/', '-') ? ofPreset : folder)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100)
  return isModelName(name) ? name : 'model'
}
