/**
 * The settings of a new run that only its data, this machine and the time decide. Images of one's own get networks and a batch that suit
 * them; a time becomes a number of images by a measurement of some steps. What comes out is a whole configuration, which `config.json`
 * keeps: with its totalImages instead of a time, the same run can be trained again.
 */

import {
  type Dataset,
  dataFacts,
  estimateRun,
  fitToImages,
  formatCount,
  formatDuration,
  formatNumber,
  givenBy,
  scaleToLength,
} from '@mixflow/train'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import type { RunPlan } from './plan-run.ts'

/** Of images of one's own, where nothing is said. */
const ownSeconds = 3600
/** What sample grids, checkpoints and the report take of the time. */
const stepShare = 0.95

export interface FitRequest {
  readonly data: Dataset
  readonly signal: AbortSignal
  /** Told what was decided, in a line. */
  readonly onNote: (text: string) => void
  /** Told before the measurement, which takes seconds. */
  readonly onMeasure: () => void
}

export interface FittedRun {
  readonly plan: RunPlan
  /** Time that the run may take; undefined where its length is given. */
  readonly seconds?: number
}

/** @throws MixflowError CONFIG_INVALID, ARGUMENT_INVALID for networks that do not fit the data, ABORTED */
export async function fitRun(plan: RunPlan, { data, signal, onNote, onMeasure }: FitRequest): Promise<FittedRun> {
  const { open, preset } = plan
  if (open === undefined) return { plan }
  const isGiven = givenBy(open.given)
  const isOwn = preset === 'photos'
  const { image } = dataFacts(data)
  const config = isOwn ? fitToImages(plan.config, { image, count: data.count }, isGiven) : plan.config
  const seconds = open.seconds ?? (isOwn && !isGiven('totalImages') ? ownSeconds : null)
  if (seconds === null) return { plan: { ...plan, config } }

  onMeasure()
  const started = performance.now()
  const { imagesPerSecond, busy } = await estimateRun({ config, data, signal })
  const rest = Math.max(1, seconds - (performance.now() - started) / 1000)
  const fitted = lastFor(config, { images: rest * stepShare * imagesPerSecond, made: madeFor(plan), isGiven })
  const why = open.seconds === null ? ' (choose another time with --hours or --minutes)' : ''
  const doubt = busy ? '; other programs are using this machine, so that it is planned again on the way' : ''
  onNote(
    `${formatDuration(seconds)}${why}: ${formatCount(fitted.totalImages)} images at ${formatNumber(imagesPerSecond)} images/s${doubt}`,
  )
  return { plan: { ...plan, config: fitted }, seconds: rest }
}

interface Length {
  readonly images: number
  readonly made: number
  readonly isGiven: ReturnType<typeof givenBy>
}

/** In whole batches, at least ten. */
function lastFor(config: TrainingConfig, { images, made, isGiven }: Length): TrainingConfig {
  const { batchSize } = config
  const totalImages = batchSize * Math.max(10, Math.round(images / batchSize))
  return scaleToLength({ ...config, totalImages }, made, isGiven)
}

const madeFor = ({ preset, config }: RunPlan): number =>
  (presets as Readonly<Record<string, { readonly config: TrainingConfig }>>)[preset ?? '']?.config.totalImages ??
  config.totalImages
