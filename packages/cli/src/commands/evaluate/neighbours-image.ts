/**
 * The image of the metric `neighbours`: the samples nearest to a training image, each above its nearest training images. It shows memorized
 * images at a glance, even where duplicates in the training set make the ratio useless.
 *
 * Samples are not stored, so the few that are shown are sampled again, one at a time. With an adaptive solver that chooses its steps per
 * batch, they may differ from the measured ones within its tolerance.
 */

import { imageGrid, type PlanarImage, sample } from '@mixflow/core'
import { markdownText } from '@mixflow/core/internal'
import type { Generator, Measure, MeasureName, SettingMeasures } from '@mixflow/measure'
import { type Dataset, encodePng } from '@mixflow/train'
import { formatCost, formatMeasure } from './evaluation-text.ts'

export const neighboursFile = 'neighbours.png'

/** Number of samples shown, over all ranges. */
const maxSamples = 12

/** Dark, in [-1, 1], as in other grids. */
const background = -0.7

/** Small images are magnified to about this height. */
const tileHeight = 64

type Measured = Pick<SettingMeasures, 'setting' | 'nfe' | 'measures'>

export interface NeighboursOptions {
  readonly generator: Generator
  /** The training images. */
  readonly data: Dataset
  readonly seed: number
  readonly signal: AbortSignal
  /** @param fraction done, 0..1 */
  readonly onProgress: (fraction: number) => void
}

/** A PNG; null where `neighbours` was not measured, or samples and training images differ in shape. */
export async function neighboursImage(
  settings: readonly SettingMeasures[],
  options: NeighboursOptions,
): Promise<Uint8Array | null> {
  const grid = await neighboursGrid(settings, options)
  const { height } = options.generator.model.image
  return grid && encodePng(grid, Math.max(1, Math.round(tileHeight / height)))
}

/** Unmagnified: a row of samples, an empty row, and one row per rank of neighbours. */
export async function neighboursGrid(
  settings: readonly SettingMeasures[],
  { generator, data, seed, signal, onProgress }: NeighboursOptions,
): Promise<PlanarImage | null> {
  const { model, backend } = generator
  const { channels, height, width } = model.image
  const nearest = nearestSetting(settings)
  const isSameShape = data.channels === channels && data.height === height && data.width === width
  if (nearest === null || !isSameShape) return null
  const shown = nearest.ranges
    .flatMap(({ nearCopies }) => nearCopies?.nearest ?? [])
    .sort((a, b) => a.distance - b.distance)
    .slice(0, maxSamples)
  const samples: PlanarImage[] = []
  for (const { generated } of shown) {
    const request = { ...nearest.setting, seed, firstImage: generated, count: 1, signal }
    samples.push(...(await sample(backend, model, request)).images)
    onProgress(samples.length / shown.length)
  }
  const shape = { channels, height, width }
  const gap = shown.map(() => ({ ...shape, data: new Float32Array(channels * height * width).fill(background) }))
  const neighbours = shown[0]!.training.flatMap((_, rank) =>
    shown.map(({ training }) => ({ ...shape, data: data.batch([training[rank]!]).images })),
  )
  return imageGrid([...samples, ...gap, ...neighbours], { columns: shown.length, padding: 1, background })
}

/** Markdown with the share of near copies and the image; empty where `neighbours` was not measured. */
export function neighboursText(settings: readonly Measured[], imageFile: string): string {
  const nearest = nearestSetting(settings)
  if (nearest === null) return ''
  const { 'near-copies': copies, 'neighbour-distance': distance } = byMetric(nearest)
  const of = `${markdownText(nearest.setting.solver ?? 'the model’s solver')} at ${formatCost(nearest.nfe)} NFE`
  return [
    `Near copies (${markdownText(copies!.label)}): ${formatMeasure(copies!)} of the samples of ${of}, whose distance to the training images is the smallest, are at most a third as far from one training image ` +
      `as from the next. The median sample is ${formatMeasure(distance!)} times as far from its nearest training image as training images are from theirs.`,
    'Above, the samples that lie nearest to a training image; below each, the training images nearest to it, by the same features:',
    `![Samples above the training images nearest to them](${imageFile})`,
  ].join('\n\n')
}

/** The setting whose samples are nearest to the training images, where copies are most likely. */
function nearestSetting<S extends Measured>(settings: readonly S[]): S | null {
  const distanceOf = (each: S) => byMetric(each)['neighbour-distance']?.mean
  const [first] = settings
    .filter(each => distanceOf(each) !== undefined)
    .sort((a, b) => distanceOf(a)! - distanceOf(b)!)
  return first ?? null
}

const byMetric = ({ measures }: Measured): Partial<Record<MeasureName, Measure>> =>
  Object.fromEntries(measures.map(measure => [measure.metric, measure]))
