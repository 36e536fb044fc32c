/**
 * `exportModel` turns a checkpoint into a model folder. It reads and verifies the parameters, traces each network to ONNX in two
 * precisions, compares every graph with the trained network, and only then writes the folder, completely or not at all. The
 * same checkpoint and options give the same bytes, except for `created`.
 */

import { basename, resolve } from 'node:path'
import type { Manifest, Parity } from '@mixflow/core'
import { manifestToJson, sampledLabels, throwIfAborted } from '@mixflow/core/internal'
import { lastGrid, runCommand, type SampleGrid } from './checkpoint/checkpoint-files.ts'
import {
  type DamagedCheckpoint,
  type OpenCheckpoint,
  openCheckpoint,
  type WeightsKind,
} from './checkpoint/open-checkpoint.ts'
import { entryOf, type ModelFile, manifestOf } from './describe/manifest.ts'
import { count } from './describe/markdown.ts'
import { modelCard, noCommand, noLicence } from './describe/model-card.ts'
import { samplingDefaults } from './describe/sampling.ts'
import { type CardImage, type CheckedOptions, checkOptions, type ExportOptions, isModelName } from './export-options.ts'
import { countParameters, type NetworkGraph, networkGraphs } from './graph/network-graph.ts'
import { type Dtype, onnxBytes } from './graph/onnx-bytes.ts'
import { checkReplaceable, fileNames, graphName, outputPath, writeModelFolder } from './model-folder.ts'
import { checkParity, type ExportedGraph } from './parity/check-parity.ts'

export interface ExportResult {
  /** Folder of the exported model. */
  readonly folder: string
  readonly manifest: Manifest
  /** Folder of the checkpoint. */
  readonly checkpoint: string
  /** `ema` if the moving average of the parameters was exported; `raw` if the checkpoint has none. */
  readonly weights: WeightsKind
  /** Newer checkpoints of the run that were skipped because they are damaged. */
  readonly damaged: readonly DamagedCheckpoint[]
}

/**
 * Writes a model folder: `mixflow.json`, the networks as ONNX in float32 and float16, `README.md`, and `grid.png` if the run
 * has one.
 *
 * @throws MixflowError ARGUMENT_INVALID, CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID, SAFETENSORS_INVALID, EXPORT_PARITY,
 *   EXPORT_EXISTS, EXPORT_DISK, MANIFEST_INVALID for an invalid `quality`, ABORTED. Nothing is written then.
 */
export async function exportModel(exportOptions: ExportOptions): Promise<ExportResult> {
  const options = checkOptions(exportOptions)
  const { report, signal, overwrite } = options
  const folder = await outputPath(options.out)
  await checkReplaceable(folder, { overwrite })

  // checkpoint
  report({ phase: 'checkpoint', fraction: 0 })
  const opened = await openCheckpoint(options.checkpoint, { signal })
  const { record, run } = opened
  const graphs = networkGraphs(opened)
  const name = options.name ?? defaultName(record, run)
  const labels = sampledLabels(record)
  const sampler = samplingDefaults(options.sampling, { ...record, labels })
  const grid = options.card.grid ?? (run === null ? null : trainingGrid(await lastGrid(run, record), record))
  const command = options.command ?? (run === null ? undefined : await runCommand(run)) ?? noCommand
  report({ phase: 'checkpoint', fraction: 1 })

  // graphs, compared with the trained networks
  const exported = await traceAll(graphs, { name, options })
  report({ phase: 'parity', fraction: 0 })
  const onProgress = (fraction: number) => report({ phase: 'parity', fraction })
  const parity = await checkParity(exported, { labels: record.labels, limits: options.limits, signal, onProgress })

  // files
  report({ phase: 'files', fraction: 0 })
  const { manifest, files } = await describe({
    opened,
    exported,
    grid,
    parity,
    options,
    stated: { name, labels, sampler, command },
  })
  const onFile = (done: number) => report({ phase: 'files', fraction: done / files.size })
  await writeModelFolder({ path: folder, files, overwrite, signal, onFile })
  const { folder: checkpoint, weights, damaged } = opened
  return { folder, manifest, checkpoint, weights, damaged }
}

async function traceAll(
  graphs: readonly NetworkGraph[],
  { name, options: { signal, report } }: { readonly name: string; readonly options: CheckedOptions },
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
  readonly grid: CardImage | null
  readonly parity: Readonly<Record<Dtype, Parity>>
  readonly options: CheckedOptions
  readonly stated: Pick<Manifest, 'name' | 'labels' | 'sampler'> & { readonly command: string }
}

/** Returns the manifest, and every file by name. The card is made from a manifest without it, which then lists the card. */
async function describe({ opened, exported, grid, parity, options, stated }: Description) {
  const { licence = noLicence, description, created, quality } = options
  const counted = Object.fromEntries(exported.map(({ graph }) => [graph.role, countParameters(graph)]))
  const parameters = { denoiser: counted.denoiser ?? 0, encoder: counted.encoder ?? 0 }
  const total = parameters.denoiser + parameters.encoder
  const facts = { ...stated, licence, description, created, quality, parity, parameters: total }
  const files: ModelFile[] = exported.flatMap(graph => graphFiles(graph, options.dtypes))
  if (grid !== null) files.push({ path: fileNames.grid, bytes: grid.png, role: 'grid' })
  for (const [path, bytes] of Object.entries(options.card.images ?? {})) files.push({ path, bytes, role: 'report' })

  const { record, weights } = opened
  const draft = await manifestOf(opened, files, facts)
  const caption = grid?.caption ?? null
  const { grid: _, images: __, ...texts } = options.card
  const card = modelCard({ manifest: draft, record, weights, parameters, caption, ...texts })
  const cardFile: ModelFile = { path: fileNames.card, bytes: utf8(card), role: 'card' }
  const manifest: Manifest = { ...draft, files: [...draft.files, await entryOf(cardFile)] }
  const all = new Map([...files, cardFile].map(({ path, bytes }) => [path, bytes]))
  return { manifest, files: all.set(fileNames.manifest, utf8(manifestToJson(manifest))) }
}

/** The last grid of the run with its caption. */
function trainingGrid(grid: SampleGrid | null, { labels }: OpenCheckpoint['record']): CardImage | null {
  if (grid === null) return null
  const rows = labels === null ? '' : ', one class per row'
  return { png: grid.png, caption: `Samples drawn in training after ${count(grid.imagesSeen)} images${rows}` }
}

const graphFiles = ({ graph: { role }, bytes }: ExportedGraph, requested: readonly Dtype[]): ModelFile[] =>
  requested.map(dtype => ({ path: graphName(role, dtype), bytes: bytes[dtype], role, dtype }))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * The name of the run's folder, with other characters replaced. For a folder named after the preset, or a checkpoint outside a
 * run: the name of the preset (`mnist` for `zoo/mnist`) or else of the data set.
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
