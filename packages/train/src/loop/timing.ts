/**
 * What a run does by the clock: `deadline` adjusts the length of a run with a fixed duration, and `saveTimer` decides when samples
 * and checkpoints are due besides at intervals of images.
 */

import type { TrainingConfig } from '@mixflow/zoo'

export interface Pace {
  /** Seconds since the run began, everything included, and images seen in them. */
  readonly elapsed: number
  readonly imagesSeen: number
}

/** Fractions of the duration (or of the images, if they are ahead) at which the length is adjusted. */
const firstReview = 0.1
/** Of the time before the learning rate falls. */
const beforeDecay = 0.92

type Plan = Pick<TrainingConfig, 'totalImages' | 'batchSize' | 'decayFraction'>

/** Steps to measure the speed over. The first one, which builds the graph, does not count. */
const leastSteps = 8

/**
 * Adjusts the length of a run to a duration in seconds. The returned function is called after each step and returns the new total
 * number of images, or null if it does not change. While the learning rate is constant, no step depends on the length; so it is
 * adjusted early, and again just before the rate falls, to the speed measured until then.
 */
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
    const fitting = Math.round((imagesSeen + left) / batchSize) * batchSize
    // not shorter than a run whose constant phase includes the steps so far
    const planned = Math.max(fitting, Math.ceil(imagesSeen / (1 - decayFraction || 1) / batchSize) * batchSize)
    return Math.abs(planned - totalImages) > 0.02 * totalImages ? planned : null
  }
}

const firstSampleSeconds = 75
const checkpointSeconds = 600

/**
 * The first sample grid is due after about a minute, later ones at doubling intervals; a checkpoint every ten minutes.
 *
 * @param firstSample seconds until the first grid. Default: 75.
 * @param now clock in milliseconds
 */
export function saveTimer(firstSample = firstSampleSeconds, now: () => number = () => performance.now()) {
  const started = now()
  const elapsed = () => (now() - started) / 1000
  let sampleAt = firstSample
  let saveAt = checkpointSeconds
  return {
    elapsed,
    isSampleDue: () => elapsed() >= sampleAt,
    /** Call after each sample grid, whatever triggered it. */
    sampled() {
      sampleAt = Math.max(firstSample, 2 * elapsed())
    },
    isCheckpointDue: () => elapsed() >= saveAt,
    /** Call after each checkpoint. */
    saved() {
      saveAt = elapsed() + checkpointSeconds
    },
  }
}
