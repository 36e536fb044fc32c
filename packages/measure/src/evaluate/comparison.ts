/** What generated images are compared with, in the forms that the measures want, each made once and only where it is asked for. */
import { permutation } from '@mixflow/core'
import { frechetDistanceFrom } from '../frechet-distance.ts'
import { typicalDistance } from '../near-copies.ts'
import type { Rows } from '../nearest-neighbours.ts'
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
function someRows({ features, dimensions }: Rows, count: number): Rows {
  const length = features.length / dimensions
  const order = permutation({ seed: 0, stream: 'order', index: 1, length }).subarray(0, count)
  const some = new Float32Array(order.length * dimensions)
  order.forEach((row, i) => {
    some.set(features.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions)
  })
  return { features: some, dimensions }
}
