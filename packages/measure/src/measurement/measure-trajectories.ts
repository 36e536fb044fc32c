/** Curvature of a generator's trajectories, in total and by time, which shows where large steps cause errors. */
import { MixflowError } from '@mixflow/core'
import type { TrajectoriesPart, TrajectoriesResult } from './part.ts'

export interface TrajectoryOptions {
  /** Number of trajectories; the paper uses 10,000. */
  readonly count: number
  /** Euler steps. Default: 128, as in the paper. */
  readonly steps?: number
  /** Time bins. Default: 16, or the number of steps if that is less. */
  readonly bins?: number
  /** Default: 64. */
  readonly batchSize?: number
}

export interface TrajectoryMeasures {
  /** Curvature: the mean of (x(1) − x(0) − v)² over trajectories, time and elements. */
  readonly mean: number
  /** Over the trajectories. */
  readonly standardDeviation: number
  readonly trajectories: number
  readonly steps: number
  /** Curvature by time bin. */
  readonly byTime: readonly { readonly from: number; readonly to: number; readonly value: number }[]
}

export function trajectoryParts(seed: number, options: TrajectoryOptions): TrajectoriesPart[] {
  const { count, steps = 128, batchSize = 64 } = options
  const { bins = Math.min(16, steps) } = options
  for (const [name, value] of Object.entries({ count, steps, bins, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
  }
  // one batch per part, since moments of every element are held for all steps
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => ({
    kind: 'trajectories',
    steps,
    bins,
    seed,
    firstImage: i * batchSize,
    images: Math.min(batchSize, count - i * batchSize),
  }))
}

export function trajectoryMeasures(
  { steps = 128 }: TrajectoryOptions,
  results: readonly TrajectoriesResult[],
): TrajectoryMeasures {
  const trajectories = results.reduce((sum, { perImage }) => sum + perImage.length, 0)
  const sumOf = (of: (value: number) => number) =>
    results.reduce((sum, { perImage }) => perImage.reduce((all, value) => all + of(value), sum), 0)
  const mean = sumOf(value => value) / trajectories
  const standardDeviation = Math.sqrt(sumOf(value => (value - mean) ** 2) / trajectories)
  const bins = results[0]!.byTime.length
  const byTime = Array.from({ length: bins }, (_, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    value: results.reduce((sum, { byTime, perImage }) => sum + byTime[bin]! * perImage.length, 0) / trajectories,
  }))
  return { mean, standardDeviation, trajectories, steps, byTime }
}
