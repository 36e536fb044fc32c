/** What generated images are compared with, in the forms that the measures want, each made once and only where it is asked for. */
import { permutation } from '@mixflow/core'
import { frechetDistanceFrom } from '../frechet-distance.ts'
import { typicalDistance } from '../near-copies.ts'
import { type Rows, rowCount, rowsAt } from '../nearest-neighbours.ts'
import { ballsOf } from '../precision-recall.ts'
import type { SampleOptions } from './measure-model.ts'
import { type Comparison, rowLimits } from './measure-range.ts'

/** Distances and scores cost little and are measured whenever they can be. */
export function comparisonOf({ extractor, metrics, reference, n }: SampleOptions): Comparison {
  const rows = reference?.features ?? null
  const needs = (metric: SampleOptions['metrics'][number]): Rows | null => (metrics.includes(metric) ? rows : null)
  const [real, training] = [needs('precision-recall'), needs('neighbours')]
  return {
    dimensions: extractor.dimensions,
    classes: extractor.logits?.classes ?? null,
    distanceTo: reference && frechetDistanceFrom(reference.gaussian),
    real: real && ballsOf(someRows(real, Math.min(n, rowLimits['precision-recall']))),
    training: training && { rows: training, typical: typicalDistance(training) },
  }
}

/** As many as there are generated ones, drawn evenly: data sets are often sorted by class. */
const someRows = (rows: Rows, count: number): Rows =>
  rowsAt(rows, permutation({ seed: 0, stream: 'order', index: 1, length: rowCount(rows) }).subarray(0, count))
