/**
 * The numbers of one range of images, from its parts, in their order: moments merged part by part, scores gathered, and of the
 * features only as many rows kept as precision, recall and near copies look at. No image is needed any more.
 */
import { z } from 'zod'
import { type FeatureStatistics, gaussianOf, mergeStatistics, statisticsOf } from '../feature-statistics.ts'
import type { FrechetDistance } from '../frechet-distance.ts'
import { scoreAccumulator } from '../inception-score.ts'
import { countRight } from '../label-accuracy.ts'
import { type NearCopies, nearCopies } from '../near-copies.ts'
import type { Rows } from '../nearest-neighbours.ts'
import { type Balls, precisionRecall } from '../precision-recall.ts'
import type { ImageRange, SamplesPart, SamplesResult } from './part.ts'

/** What samples can be measured by. */
export const sampleMetrics = ['fd', 'is', 'label-accuracy', 'precision-recall', 'neighbours'] as const

export type SampleMetric = (typeof sampleMetrics)[number]

/** Whether a measure compares samples with a data set, or looks at them alone. */
export const comparesWithData = (metric: SampleMetric): boolean => metric !== 'is' && metric !== 'label-accuracy'

/** Rows that precision, recall and near copies look at, at most: they compare each with each. */
export const rowLimits = { 'precision-recall': 10_000, neighbours: 1000 } as const

export interface RangeMeasures extends Omit<ImageRange, 'seed'> {
  /** Calls of the network per image, guidance counted. */
  readonly nfe: number
  readonly steps: number
  readonly frechet: FrechetDistance | null
  readonly inception: { readonly mean: number; readonly standardDeviation: number | null } | null
  /** Which share of the images a classifier takes for the class that they were to show, 0..1. */
  readonly labelAccuracy: { readonly share: number; readonly images: number } | null
  /** `images` of each set. */
  readonly precisionRecall: { readonly precision: number; readonly recall: number; readonly images: number } | null
  /** Images by their number in the seed, instead of rows; of pairs and nearest the first few. */
  readonly nearCopies: (NearCopies & { readonly images: number }) | null
}

const number = z.number()

export const rangeSchema: z.ZodType<RangeMeasures> = z.strictObject({
  firstImage: number,
  images: number,
  nfe: number,
  steps: number,
  frechet: z.strictObject({ distance: number, meanTerm: number, covarianceTerm: number }).nullable(),
  inception: z.strictObject({ mean: number, standardDeviation: number.nullable() }).nullable(),
  labelAccuracy: z.strictObject({ share: number, images: number }).nullable(),
  precisionRecall: z.strictObject({ precision: number, recall: number, images: number }).nullable(),
  nearCopies: z
    .strictObject({
      share: number,
      distance: number,
      images: number,
      pairs: z.array(z.strictObject({ generated: number, training: number, ratio: number })),
      nearest: z.array(z.strictObject({ generated: number, distance: number, training: z.array(number) })),
    })
    .nullable()
    // of an earlier version: measured again where it is asked for, and the rest of the range stands
    .catch(null),
})

/** What is compared with, prepared once for all ranges. */
export interface Comparison {
  readonly dimensions: number
  readonly classes: number | null
  readonly distanceTo: ((statistics: ReturnType<typeof gaussianOf>) => FrechetDistance) | null
  readonly real: Balls | null
  readonly training: { readonly rows: Rows; readonly typical: number } | null
}

/** Reads the parts one after the other. @throws MixflowError ARGUMENT_INVALID for features that are not finite */
export async function measureRange(
  { firstImage, images }: ImageRange,
  parts: readonly SamplesPart[],
  {
    read,
    comparison,
  }: { readonly read: (part: SamplesPart) => Promise<SamplesResult>; readonly comparison: Comparison },
): Promise<RangeMeasures> {
  const { dimensions, classes, distanceTo, real, training } = comparison
  const scores = classes === null ? null : scoreAccumulator({ classes, count: images, splits: images < 100 ? 1 : 10 })
  const kept = keptRows(comparison, images)
  const rows = new Float32Array(kept * dimensions)
  let statistics: FeatureStatistics | null = null
  let [nfe, steps, seen, labelled, right] = [0, 0, 0, 0, 0]
  for (const part of parts) {
    const result = await read(part)
    const own = statisticsOf(result.features, dimensions)
    statistics = statistics === null ? own : mergeStatistics(statistics, own)
    if (seen < kept) rows.set(result.features.subarray(0, (kept - seen) * dimensions), seen * dimensions)
    if (result.logits !== null) scores?.add(result.logits)
    if (result.logits !== null && result.labels !== null) {
      labelled += part.images
      right += countRight(result.logits, result.labels)
    }
    nfe += (result.nfe * part.images) / images
    steps += (result.steps * part.images) / images
    seen += part.images
  }
  const score = scores?.score()
  const spread = score?.standardDeviation ?? Number.NaN
  const first = (count: number): Rows => ({ features: rows.subarray(0, count * dimensions), dimensions })
  return {
    firstImage,
    images,
    nfe,
    steps,
    frechet: distanceTo === null ? null : distanceTo(gaussianOf(statistics!)),
    inception:
      score === undefined ? null : { mean: score.mean, standardDeviation: Number.isFinite(spread) ? spread : null },
    labelAccuracy: labelled === 0 ? null : { share: right / labelled, images: labelled },
    precisionRecall: real && measurePrecision(real, first(Math.min(images, rowLimits['precision-recall']))),
    nearCopies: training && measureCopies(training, first(Math.min(images, rowLimits.neighbours)), firstImage),
  }
}

function keptRows({ real, training }: Comparison, images: number): number {
  const wanted = Math.max(real ? rowLimits['precision-recall'] : 0, training ? rowLimits.neighbours : 0)
  return Math.min(images, wanted)
}

const measurePrecision = (real: Balls, generated: Rows) => ({
  ...precisionRecall({ real, generated }),
  images: generated.features.length / generated.dimensions,
})

/** The strongest copies, and the nearest images, that are told one by one. */
const [mostPairs, mostNearest] = [20, 12]

function measureCopies({ rows, typical }: NonNullable<Comparison['training']>, generated: Rows, firstImage: number) {
  const { share, distance, pairs, nearest } = nearCopies({ generated, training: rows }, { typical })
  const numbered = <T extends { readonly generated: number }>(row: T): T => ({
    ...row,
    generated: firstImage + row.generated,
  })
  return {
    share,
    distance,
    images: generated.features.length / generated.dimensions,
    pairs: pairs.slice(0, mostPairs).map(numbered),
    nearest: nearest.slice(0, mostNearest).map(numbered),
  }
}
