/**
 * The settings of a new run that depend on its data and on the speed of this machine: networks and batch size for a user's own images, and
 * the number of images for a time budget. The result is a complete configuration, which `config.json` records, so the run can be repeated.
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

/** Default time budget for a user's own images. */
const defaultSeconds = 3600
/** Fraction of the time for training steps; sample grids, checkpoints and the report take the rest. */
const stepFraction = 0.95

export interface FitRequest {
  readonly data: Dataset
  readonly signal: AbortSignal
  readonly onNote: (text: string) => void
  /** Called before the measurement, which takes seconds. */
  readonly onMeasure: () => void
}

/** @throws MixflowError CONFIG_INVALID, ARGUMENT_INVALID for networks that do not fit the data, ABORTED */
export async function fitRun(
  plan: RunPlan,
  { data, signal, onNote, onMeasure }: FitRequest,
): Promise<{ readonly plan: RunPlan /** Remaining time budget. */; readonly seconds?: number }> {
  const { open, preset } = plan
  if (open === undefined) return { plan }
  const isGiven = givenBy(open.given)
  const isCustom = preset === 'photos'
  const { image } = dataFacts(data)
  const config = isCustom ? fitToImages(plan.config, { image, count: data.count }, isGiven) : plan.config
  const seconds = open.seconds ?? (isCustom && !isGiven('totalImages') ? defaultSeconds : null)
  if (seconds === null) return { plan: { ...plan, config } }

  onMeasure()
  const started = performance.now()
  const { imagesPerSecond, busy } = await estimateRun({ config, data, signal })
  const rest = Math.max(1, seconds - (performance.now() - started) / 1000)
  const { batchSize } = config
  const totalImages = batchSize * Math.max(10, Math.round((rest * stepFraction * imagesPerSecond) / batchSize))
  const all: Readonly<Record<string, { readonly config: TrainingConfig }>> = presets
  const presetImages = all[preset ?? '']?.config.totalImages ?? plan.config.totalImages
  const fitted = scaleToLength({ ...config, totalImages }, presetImages, isGiven)
  const change = open.seconds === null ? ' (change with --hours or --minutes)' : ''
  const busyNote = busy ? '; other programs are running, so the length will be adjusted during training' : ''
  onNote(
    `${formatDuration(seconds)}${change}: ${formatCount(totalImages)} images at ${formatNumber(imagesPerSecond)} images/s${busyNote}`,
  )
  return { plan: { ...plan, config: fitted }, seconds: rest }
}
