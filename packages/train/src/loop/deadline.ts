/**
 * The length of a run that is to end at a time. How fast it goes is known only on the way, as other programs come and go; and as long as
 * the learning rate does not fall, no step depends on the length. So it is planned again early, and once more just before the rate falls.
 */

import type { TrainingConfig } from '@mixflow/zoo'

export interface Pace {
  /** Seconds since the run began, everything included, and images seen in them. */
  readonly elapsed: number
  readonly imagesSeen: number
}

/** Shares of the time, or of the images if they are seen sooner, after which the length is planned again; the last one while the rate is still constant. */
const firstReview = 0.1
const beforeDecay = 0.92

type Plan = Pick<TrainingConfig, 'totalImages' | 'batchSize' | 'decayFraction'>

/** Steps after the first, which builds the graph, before a speed is believed. */
const leastSteps = 8

/** The lengths of a run of so many seconds, to be asked after each step: null where nothing changes, else the new number of images. */
export function deadline(seconds: number): (plan: Plan, pace: Pace) => number | null {
  let reviews = 0
  let first: Pace | undefined
  return ({ totalImages, batchSize, decayFraction }, { elapsed, imagesSeen }) => {
    first ??= { elapsed, imagesSeen }
    const last = beforeDecay * (1 - decayFraction)
    const done = Math.max(elapsed / seconds, imagesSeen / totalImages)
    const due = [firstReview, last].filter(share => share <= last && done >= share).length
    const constantUntil = totalImages * (1 - decayFraction)
    const seen = imagesSeen - first.imagesSeen
    if (due <= reviews || seen < leastSteps * batchSize || imagesSeen > constantUntil) return null
    reviews = due
    const left = Math.max(0, seconds - elapsed) * (seen / (elapsed - first.elapsed))
    const wanted = Math.round((imagesSeen + left) / batchSize) * batchSize
    // the rate of the steps so far was that of no shorter run
    const planned = Math.max(wanted, Math.ceil(imagesSeen / (1 - decayFraction || 1) / batchSize) * batchSize)
    return Math.abs(planned - totalImages) > 0.02 * totalImages ? planned : null
  }
}
