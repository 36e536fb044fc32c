/** The measures of a setting, by name: mean and deviation over its ranges. */

import type { ExtractorDescription } from '../extractor.ts'
import type { RangeMeasures } from './measure-range.ts'
import type { SampleSetting } from './part.ts'
import { rowLimits, type SampleMetric, type SampleOptions, sampleMetrics } from './sample-options.ts'

export type MeasureName = 'fd' | 'is' | 'label-accuracy' | 'precision' | 'recall' | 'near-copies' | 'neighbour-distance'

/** A measure with its name, such as `FD-ResNet56-5k`. */
export interface Measure {
  readonly metric: MeasureName
  readonly label: string
  /** Mean over the ranges. */
  readonly mean: number
  /** Unbiased standard deviation over the ranges; null for a single one. */
  readonly deviation: number | null
}

export interface SettingMeasures {
  readonly setting: SampleSetting
  /** Function evaluations per image, including guidance. */
  readonly nfe: number
  readonly steps: number
  readonly measures: readonly Measure[]
  readonly ranges: readonly RangeMeasures[]
}

export function settingMeasures(
  setting: SampleSetting,
  ranges: readonly RangeMeasures[],
  { extractor, metrics, n }: SampleOptions,
): SettingMeasures {
  const over = (of: (range: RangeMeasures) => number) => moments(ranges.map(of))
  const [few, many] = [Math.min(n, rowLimits.neighbours), Math.min(n, rowLimits['precision-recall'])]
  const of: Record<SampleMetric, () => Measure[]> = {
    fd: () => [{ metric: 'fd', label: distanceLabel(extractor, n), ...over(({ frechet }) => frechet!.distance) }],
    is: () => [{ metric: 'is', label: scoreLabel(extractor, n), ...over(({ inception }) => inception!.mean) }],
    'label-accuracy': () => [
      {
        metric: 'label-accuracy',
        label: featureLabel('label-accuracy', extractor, n),
        ...over(({ labelAccuracy }) => labelAccuracy!.share),
      },
    ],
    'precision-recall': () =>
      (['precision', 'recall'] as const).map(metric => ({
        metric,
        label: featureLabel(metric, extractor, many),
        ...over(({ precisionRecall }) => precisionRecall![metric]),
      })),
    neighbours: () => [
      {
        metric: 'near-copies',
        label: featureLabel('near-copies', extractor, few),
        ...over(({ nearCopies }) => nearCopies!.share),
      },
      {
        metric: 'neighbour-distance',
        label: featureLabel('neighbour-distance', extractor, few),
        ...over(({ nearCopies }) => nearCopies!.distance),
      },
    ],
  }
  return {
    setting,
    nfe: over(({ nfe }) => nfe).mean,
    steps: over(({ steps }) => steps).mean,
    measures: sampleMetrics.filter(metric => metrics.includes(metric)).flatMap(metric => of[metric]()),
    ranges,
  }
}

function moments(values: readonly number[]): { mean: number; deviation: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (values.length < 2) return { mean, deviation: null }
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}

type Named = Pick<ExtractorDescription, 'name'>

/*
 * Names of measures. Measures over features depend on the network and the number of images, so both are part of the name. With the
 * extractor `Inception`, whose preprocessing `openExtractor` checks, they are FID and IS.
 */

/** 5000 is `5k`, 2500 `2.5k`, 512 `512`. */
export function countLabel(n: number): string {
  return n >= 1000 && n % 100 === 0 ? `${n / 1000}k` : String(n)
}

/** `FD-ResNet56-5k`, `FID-50k`. */
export const distanceLabel = ({ name }: Named, n: number): string =>
  `${name === 'Inception' ? 'FID' : `FD-${name}`}-${countLabel(n)}`

/** `IS-ResNet56-5k`, `IS-50k`. */
export const scoreLabel = ({ name }: Named, n: number): string =>
  `${name === 'Inception' ? 'IS' : `IS-${name}`}-${countLabel(n)}`

/** `precision-ResNet56-5k`. */
export const featureLabel = (measure: string, { name }: Named, n: number): string =>
  `${measure}-${name}-${countLabel(n)}`
