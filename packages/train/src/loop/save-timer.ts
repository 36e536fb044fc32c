/**
 * When a run is to sample and to save by the clock, besides by images: someone who watches sees something within two minutes, and
 * a run that is killed loses minutes. Later grids come ever more rarely, as there is less to see.
 */

export interface SaveTimer {
  /** Seconds since the timer was made. */
  elapsed(): number
  isSampleDue(): boolean
  /** To be told after each sample grid, whatever it was due to. */
  sampled(): void
  isCheckpointDue(): boolean
  /** To be told after each checkpoint. */
  saved(): void
}

const firstSampleSeconds = 75
const checkpointSeconds = 600
/** Of the time so far, until the next grid is due. */
const growth = 1

/** @param firstSample seconds until the first grid. Default: 75, as the grid takes time, too. @param now clock in milliseconds */
export function saveTimer(firstSample = firstSampleSeconds, now: () => number = () => performance.now()): SaveTimer {
  const started = now()
  const elapsed = () => (now() - started) / 1000
  let sampleAt = firstSample
  let saveAt = checkpointSeconds
  return {
    elapsed,
    isSampleDue: () => elapsed() >= sampleAt,
    sampled() {
      sampleAt = Math.max(firstSample, elapsed() * (1 + growth))
    },
    isCheckpointDue: () => elapsed() >= saveAt,
    saved() {
      saveAt = elapsed() + checkpointSeconds
    },
  }
}
