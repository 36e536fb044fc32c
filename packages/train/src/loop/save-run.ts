/** What a run writes besides its log: checkpoints, sample grids, the report. */

import { join } from 'node:path'
import { curvature, normals, type PlanarImage } from '@mixflow/core'
import { type Checkpoint, concatenate } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import type { TrainingConfig } from '@mixflow/zoo'
import { backendInUse } from '../backend/use-backend.ts'
import { writeCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { spreadIndices } from '../data/adapt-dataset.ts'
import { type Judgement, judge } from '../report/judgement.ts'
import { gridPng } from '../report/png.ts'
import type { MeasuredCurvature, ReportFacts } from '../report/report-data.ts'
import { writeReport } from '../report/write-report.ts'
import { storedState } from '../step/train-state.ts'
import { parameterCounts } from '../step/training-model.ts'
import type { Position, Run } from './run.ts'
import { readMetrics, runFiles } from './run-folder.ts'
import { gridColumns, gridRows, sampleGrid, sourceRows } from './sample-grid.ts'

export async function saveCheckpoint(run: Run, position: Position): Promise<string> {
  const { folder, config } = run.options
  const content = { record: checkpointRecord(run, position), tensors: await storedState(run.vector, position.state) }
  const path = await writeCheckpoint(folder, content, config.keepCheckpoints)
  run.emit({ type: 'checkpoint', path })
  return path
}

function checkpointRecord({ options, model }: Run, position: Position): Omit<Checkpoint, 'files'> {
  const { config, data, preset = null } = options
  const counts = parameterCounts(model)
  const describe = ({ kind, options: own }: TrainingConfig['denoiser'], parameters: number) => ({
    kind,
    options: own as Checkpoint['networks']['denoiser']['options'],
    parameters,
  })
  return {
    format: 'mixflow-checkpoint',
    version: 1,
    created: new Date().toISOString(),
    step: position.step,
    imagesSeen: position.imagesSeen,
    trainSeconds: position.seconds,
    preset,
    config: config as unknown as Checkpoint['config'],
    networks: {
      denoiser: describe(config.denoiser, counts.denoiser),
      encoder: config.encoder === null ? null : describe(config.encoder, counts.encoder),
    },
    image: model.image,
    labels: model.labels,
    source: model.source,
    dataset: {
      name: data.name,
      images: data.count,
      fingerprint: data.fingerprint(),
      ...(data.licence === null ? {} : { licence: data.licence }),
      ...(data.attribution === null ? {} : { attribution: data.attribution }),
    },
    seed: config.seed,
    cursor: position.cursor,
    optimizer: { kind: config.optimizer, scalars: { step: position.step } },
    loss: position.loss,
  }
}

export async function saveSamples(run: Run, position: Position): Promise<void> {
  const images = await samplesAt(run, position)
  const name = `${String(position.imagesSeen).padStart(9, '0')}.png`
  const path = join(run.options.folder, runFiles.samples, name)
  await writeFileDurably(path, [gridPng(images, { columns: gridColumns })])
  run.emit({ type: 'samples', path })
}

const samplesAt = ({ model, sampler }: Run, { state }: Position): Promise<readonly PlanarImage[]> =>
  sampleGrid(model, sampler, { parameters: state.ema })

/** Number of last steps and of training images that a run is judged by. */
const judged = { steps: 100, images: 256 }

async function judgeRun(run: Run, position: Position): Promise<Judgement> {
  const { data, folder } = run.options
  const samples = concatenate((await samplesAt(run, position)).map(({ data: values }) => values))
  const shown = data.batch(spreadIndices(data.count, judged.images)).images
  const losses = (await readMetrics(folder)).slice(-judged.steps).map(({ flowLoss }) => flowLoss)
  const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length
  return judge(loss, { shape: run.model.image, data: shown, samples })
}

/** Trajectories and Euler steps for the curvature in the report. They take a few seconds. */
const probe = { trajectories: 32, steps: 64 }

async function measureCurvature({ model, sampler }: Run, { state }: Position): Promise<MeasuredCurvature> {
  const { channels, height, width } = model.image
  const shape = { images: probe.trajectories, elementsPerImage: channels * height * width }
  const classes = model.labels?.count ?? 0
  const label = Int32Array.from({ length: probe.trajectories }, (_, i) => i % Math.max(classes, 1))
  const backend = sampler.backend(state.ema)
  const inputs = (t: number) => ({
    t: new Float32Array(probe.trajectories).fill(t),
    ...(classes === 0 ? {} : { label }),
    ...(model.source?.conditionOnWeight === true ? { w: new Float32Array(probe.trajectories) } : {}),
  })
  const x0 = normals({ seed: model.config.seed, stream: 'probe', ...shape })
  const { mean, standardDeviation } = await curvature((x, t) => backend.velocity(x, inputs(t)), x0, {
    elementsPerImage: shape.elementsPerImage,
    steps: probe.steps,
  })
  return { mean, standardDeviation, ...probe }
}

/** Writes the report and returns its path. The slow measurements are made only for a finished run. */
export async function saveReport(
  run: Run,
  position: Position,
  { state, reason }: Pick<ReportFacts, 'state' | 'reason'>,
): Promise<string> {
  const { options, model, sampler } = run
  const { data, config, folder, preset = null, command = '', program = 'npx mixflow' } = options
  return writeReport(folder, {
    preset,
    config,
    command,
    program,
    device: backendInUse().text,
    state,
    ...(reason === undefined ? {} : { reason }),
    dataset: { name: data.name, images: data.count, licence: data.licence, attribution: data.attribution },
    image: model.image,
    labels: model.labels,
    parameters: parameterCounts(model),
    gridRows: gridRows(model),
    curvature: state === 'finished' ? await measureCurvature(run, position) : null,
    judgement: state === 'finished' ? await judgeRun(run, position) : null,
    sources: await sourceRows(model, sampler, { parameters: position.state.ema, data }),
  })
}
