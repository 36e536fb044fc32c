/**
 * The picture of `neighbours`: samples that lie nearest to a training image, each above its nearest training images, nearest first. What
 * a generator learned by heart is seen there at once, also where the training set has duplicates and no ratio tells.
 *
 * No sample was kept: image i of a seed is the same in every request, so the few that are shown are made again, one at a time. With an
 * adaptive solver whose steps are those of a batch they may differ from what was measured, within its tolerance.
 */

import { imageGrid, type PlanarImage, sample } from '@mixflow/core'
import { markdownText } from '@mixflow/core/internal'
import type { Generator, Measure, MeasureName, SettingMeasures } from '@mixflow/measure'
import { type Dataset, encodePng } from '@mixflow/train'
import { formatCost, formatMeasure } from './evaluation-text.ts'

export const neighboursFile = 'neighbours.png'

/** Samples that are shown: of all ranges together. */
const mostSamples = 12

/** In [-1, 1]: dark, as between the tiles of other grids. */
const background = -0.7

/** Small pictures are enlarged to about this many pixels. */
const tileHeight = 64

type Measured = Pick<SettingMeasures, 'setting' | 'nfe' | 'measures'>

export interface NeighboursPictureOptions {
  readonly generator: Generator
  /** The training images that were compared with. */
  readonly data: Dataset
  readonly seed: number
  readonly signal: AbortSignal
  /** Which share is done, 0..1. */
  readonly onProgress: (fraction: number) => void
}

/** The PNG; null where `neighbours` was not measured, or samples and training images differ in shape. */
export async function neighboursPicture(
  settings: readonly SettingMeasures[],
  options: NeighboursPictureOptions,
): Promise<Uint8Array | null> {
  const grid = await neighboursGrid(settings, options)
  const { height } = options.generator.model.image
  return grid && encodePng(grid, Math.max(1, Math.round(tileHeight / height)))
}

/** The picture in its own pixels, with a margin of one: a row of samples, an empty one, and a row for each rank of neighbours. */
export async function neighboursGrid(
  settings: readonly SettingMeasures[],
  { generator, data, seed, signal, onProgress }: NeighboursPictureOptions,
): Promise<PlanarImage | null> {
  const { model, backend } = generator
  const { channels, height, width } = model.image
  const nearest = nearestSetting(settings)
  const isSameShape = data.channels === channels && data.height === height && data.width === width
  if (nearest === null || !isSameShape) return null
  const shown = nearest.ranges
    .flatMap(({ nearCopies }) => nearCopies?.nearest ?? [])
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostSamples)
  const samples: PlanarImage[] = []
  for (const { generated } of shown) {
    const asked = { ...nearest.setting, seed, firstImage: generated, count: 1, signal }
    samples.push(...(await sample(backend, model, asked)).images)
    onProgress(samples.length / shown.length)
  }
  const shape = { channels, height, width }
  const gap = shown.map(() => ({ ...shape, data: new Float32Array(channels * height * width).fill(background) }))
  const neighbours = shown[0]!.training.flatMap((_, rank) =>
    shown.map(({ training }) => ({ ...shape, data: data.batch([training[rank]!]).images })),
  )
  return imageGrid([...samples, ...gap, ...neighbours], { columns: shown.length, padding: 1, background })
}

/** Whether training images were learned by heart, with the picture, as Markdown; empty where `neighbours` was not measured. */
export function neighboursText(settings: readonly Measured[], picture: string): string {
  const nearest = nearestSetting(settings)
  if (nearest === null) return ''
  const { 'near-copies': copies, 'neighbour-distance': distance } = byMetric(nearest)
  const of = `${markdownText(nearest.setting.solver ?? 'the model’s solver')} at ${formatCost(nearest.nfe)} NFE`
  return [
    `Near copies (${markdownText(copies!.label)}): ${formatMeasure(copies!)} of the samples of ${of}, whose distance to the training images is the smallest, are at most a third as far from one training image ` +
      `as from the next. The median sample is ${formatMeasure(distance!)} times as far from its nearest training image as training images are from theirs.`,
    'Above, the samples that lie nearest to a training image; below each, the training images nearest to it, by the same features:',
    `![Samples above the training images nearest to them](${picture})`,
  ].join('\n\n')
}

/** The one whose samples are nearest to the training images, which is where copies would be. */
function nearestSetting<S extends Measured>(settings: readonly S[]): S | null {
  const distanceOf = (each: S) => byMetric(each)['neighbour-distance']?.mean
  const [first] = settings
    .filter(each => distanceOf(each) !== undefined)
    .sort((a, b) => distanceOf(a)! - distanceOf(b)!)
  return first ?? null
}

const byMetric = ({ measures }: Measured): Partial<Record<MeasureName, Measure>> =>
  Object.fromEntries(measures.map(measure => [measure.metric, measure]))
