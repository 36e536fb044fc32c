/**
 * How curved a generator's trajectories are, from those of its parts: MixFlow's curvature (Euler steps, 128 in the paper), and the
 * same by time, which says where few steps will go wrong.
 */
import { MixflowError } from '@mixflow/core'
import type { TrajectoriesPart, TrajectoriesResult } from './part.ts'

export interface TrajectoryOptions {
  /** Trajectories; 10,000 in the paper. */
  readonly count: number
  /** Euler steps; 128 unless said, as in the paper. */
  readonly steps?: number
  /** Stretches of time for the straightness; 16 unless said, fewer where there are fewer steps. */
  readonly bins?: number
  /** At once; 64 unless said. */
  readonly batchSize?: number
}

export interface TrajectoryMeasures {
  /** Curvature: mean over trajectories, time and elements of (x(1) − x(0) − v)². */
  readonly mean: number
  /** Over the trajectories. */
  readonly standardDeviation: number
  readonly trajectories: number
  readonly steps: number
  /** The same, of a stretch of time. */
  readonly byTime: readonly { readonly from: number; readonly to: number; readonly value: number }[]
}

export function trajectoryParts(seed: number, options: TrajectoryOptions): TrajectoriesPart[] {
  const { count, steps = 128, batchSize = 64 } = options
  const { bins = Math.min(16, steps) } = options
  for (const [name, value] of Object.entries({ count, steps, bins, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
  }
  // a batch each: of all steps of a trajectory, moments of every element are held
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
