/** What a new length does to the learning rate of a run that goes on, in a sentence; null where the rate stays as it is. */

import type { TrainingConfig } from '@mixflow/zoo'
import { formatCount, formatNumber } from '../progress/format.ts'
import { learningRate } from '../step/schedule.ts'

export function lengthChange(before: TrainingConfig, after: TrainingConfig, imagesSeen: number): string | null {
  if (before.totalImages === after.totalImages) return null
  const [was, is] = [learningRate(before, imagesSeen), learningRate(after, imagesSeen)]
  if (Math.abs(is - was) <= 0.01 * was) return null
  const from = Math.round(after.totalImages * (1 - after.decayFraction))
  const falls =
    after.decayFraction === 0
      ? ''
      : imagesSeen < from
        ? ` and falls from ${formatCount(from)} images on`
        : ` and falls until the end`
  const lengths = `${formatCount(after.totalImages)} images instead of ${formatCount(before.totalImages)}`
  return `${lengths}: the learning rate goes from ${formatNumber(was)} to ${formatNumber(is)}, as in a run of that length,${falls}`
}
