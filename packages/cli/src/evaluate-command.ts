/** `mixflow evaluate`: flow loss by time and curvature, of a run, a checkpoint or an exported model. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointFileName, type MeanLoss, MixflowError, manifestFileName, type SamplerModel } from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import {
  checkpointNetworks,
  type Dataset,
  dataNames,
  type EvaluatedModel,
  type Evaluation,
  evaluate,
  formatCount,
  formatNumber,
  openCheckpoint,
  openHeldOut,
} from '@mixflow/train'
import type { TrainingConfig } from '@mixflow/zoo'
import { interruptible } from './terminal/interruptible.ts'
import { statusLine } from './terminal/status-line.ts'
import { table } from './terminal/table.ts'

export interface EvaluateFlags {
  readonly data?: string
  readonly count: number
  readonly steps: number
  readonly batchSize: number
  readonly seed: number
  readonly threads?: number
  readonly json?: boolean
}

export const evaluateCommand = (place: string, flags: EvaluateFlags): Promise<void> =>
  interruptible(async signal => {
    const status = statusLine()
    const { count, steps, batchSize, seed } = flags
    try {
      status.show(`load ${place}`)
      await using networks = await openNetworks(place, { threads: flags.threads, signal })
      const { channels, height, width } = networks.model.image
      const data = await openHeldOut(flags.data ?? dataOf(networks, place), {
        channels: channels === 1 ? 1 : 3,
        ...(height === width ? { size: height } : {}),
        ...(flags.data === undefined && networks.limit !== null ? { limit: networks.limit } : {}),
        onProgress: ({ phase, what, done, total }) => status.show(`${phase} ${what}: ${percent(done / total)}`),
        signal,
      })
      const onProgress = (fraction: number) => status.show(`evaluate ${place}: ${percent(fraction)}`)
      const result = await evaluate(networks, data, { count, steps, batchSize, seed, signal, onProgress })
      status.clear()
      const subject: Subject = { ...networks.facts, data }
      process.stdout.write(`${flags.json ? asJson(subject, result) : asText(subject, result)}\n`)
    } finally {
      status.clear()
    }
  })

const percent = (fraction: number) => `${Math.floor(100 * (Number.isFinite(fraction) ? fraction : 1))} %`

interface OpenNetworks extends EvaluatedModel, AsyncDisposable {
  readonly model: SamplerModel
  /** What it was trained on, as far as is known, and how many images of it. */
  readonly trainedOn: string
  readonly limit: number | null
  readonly facts: SubjectFacts
}

interface SubjectFacts {
  readonly kind: 'checkpoint' | 'model'
  /** Folder of the checkpoint, or place of the model. */
  readonly place: string
  readonly step: number
  readonly imagesSeen: number
}

interface OpenOptions {
  readonly threads: number | undefined
  readonly signal: AbortSignal
}

async function openNetworks(place: string, { threads, signal }: OpenOptions): Promise<OpenNetworks> {
  if (isModel(place)) return openModel(place, signal)
  if (!existsSync(join(place, checkpointFileName)) && !existsSync(join(place, 'checkpoints'))) {
    throw new MixflowError('MODEL_NOT_FOUND', `${place} is neither a run nor a checkpoint nor a model`, {
      hint: `a run has a folder checkpoints/, a checkpoint a file ${checkpointFileName}, a model a file ${manifestFileName}`,
      details: { place },
    })
  }
  const checkpoint = await openCheckpoint(place)
  await useOnnxBackend(threads === undefined ? {} : { threads })
  const { model, backend, dispose } = checkpointNetworks(checkpoint)
  const { step, imagesSeen, config } = checkpoint.record
  const { data, limit } = config as unknown as TrainingConfig
  return {
    ...{ model, backend, trainedOn: data, limit },
    facts: { kind: 'checkpoint', place: checkpoint.folder, step, imagesSeen },
    [Symbol.asyncDispose]: async () => dispose(),
  }
}

const isModel = (place: string): boolean =>
  /^https?:/i.test(place) || place.endsWith(manifestFileName) || existsSync(join(place, manifestFileName))

async function openModel(place: string, signal: AbortSignal): Promise<OpenNetworks> {
  const { loadModel } = await import('@mixflow/sdk-node')
  const loaded = await loadModel(place, { signal })
  const { training } = loaded.manifest
  return {
    ...{ model: loaded.manifest, backend: loaded.networks({ signal }), trainedOn: training.dataset, limit: null },
    facts: { kind: 'model', place, step: training.steps, imagesSeen: training.imagesSeen },
    [Symbol.asyncDispose]: () => loaded.dispose(),
  }
}

/** A run knows how it opened its data; a model only what they are called. */
function dataOf({ trainedOn, facts }: OpenNetworks, place: string): string {
  if (facts.kind === 'checkpoint' || (dataNames as readonly string[]).includes(trainedOn)) return trainedOn
  throw new MixflowError('DATA_UNKNOWN', `${place} was trained on "${trainedOn}", which is no data set known here`, {
    hint: 'say what to measure on: --data <name, folder or zip>',
    details: { dataset: trainedOn },
  })
}

export interface Subject extends SubjectFacts {
  readonly data: Pick<Dataset, 'name' | 'split'>
}

export function asJson({ data: { name, split }, ...facts }: Subject, result: Evaluation): string {
  return JSON.stringify({ ...facts, data: { name, split }, ...result }, null, 2)
}

export function asText({ place, step, imagesSeen, data }: Subject, result: Evaluation): string {
  const { images, seed, flowLoss, curvature } = result
  const half = data.split === 'test' ? 'the test part' : 'training images: it has no test part'
  const measured = ({ loss, standardError }: MeanLoss) => `${formatNumber(loss)} ± ${formatNumber(standardError)}`
  const rows = flowLoss[0]?.bins.map(({ from, to }, bin) => [
    `${formatTime(from)}–${formatTime(to)}`,
    ...flowLoss.map(({ bins }) => measured(bins[bin] as MeanLoss)),
  ])
  const { mean, standardDeviation, trajectories, steps, mixtureWeight } = curvature
  return [
    `${place}: step ${formatCount(step)}, ${formatCount(imagesSeen)} images seen`,
    `measured on ${formatCount(images)} images of ${data.name} (${half}), seed ${seed}, without guidance`,
    '',
    'flow loss by time, ± standard error:',
    ...table([
      ['t', ...flowLoss.map(({ mixtureWeight: w }) => `from ${sourceName(w)}`)],
      ...(rows ?? []),
      ['all', ...flowLoss.map(measured)],
    ]),
    '',
    `curvature ${formatNumber(mean)}, standard deviation ${formatNumber(standardDeviation)} over ${formatCount(trajectories)} trajectories ` +
      `of ${formatCount(steps)} Euler steps from ${sourceName(mixtureWeight)}`,
  ].join('\n')
}

const formatTime = (t: number) => String(Number(t.toFixed(3)))

const sourceName = (w: number) => (w === 0 ? 'N(0, I)' : `κ-FC at w = ${w}`)
