/**
 * Compares one workload of this project with a peer. It prints a summary and the line `ratio <workload> <peer> <value>`; if both sides have
 * their own process, also `processor <workload> <peer> <value>`, their ratio in processor time, `memory <workload> <peer> <value>` and the time of the first round, in which graphs are recorded and built. A
 * peer that is unavailable, fails or computes another result is skipped with the reason.
 */

import { digits, inTurns, type Measured, type Pace, type Round, type Work } from './measure.ts'

export interface Comparison {
  readonly workload: string
  readonly peer: string
  /** Of the amount of work. */
  readonly unit: string
  /** Prepares a side and returns its work. */
  readonly ours: () => Promise<Work>
  readonly theirs: () => Promise<Work>
  /** Largest allowed difference of the results. */
  readonly tolerance?: number
  /** For a slow peer. */
  readonly pace?: Pace
  /** Stops both sides. */
  readonly end?: () => Promise<void>
}

/** @throws the errors of our side */
export async function compare(comparison: Comparison, pace: Pace): Promise<void> {
  try {
    await measure(comparison, pace)
  } finally {
    await comparison.end?.()
  }
}

async function measure(comparison: Comparison, pace: Pace): Promise<void> {
  const { workload, peer } = comparison
  const ours = await comparison.ours()
  try {
    const theirs = ofPeer(await ofPeer(comparison.theirs)())
    const firsts: number[] = []
    for (let i = 0; i < pace.warmUps; i++) {
      const [mine, other] = [await clocked(ours), await clocked(theirs)]
      if (i === 0) firsts.push(mine.seconds, other.seconds)
      checkSame(mine.round, other.round, comparison)
    }
    const measured = await inTurns(ours, theirs, pace)
    console.log(sentence(comparison, measured))
    console.log(`ratio ${workload} ${peer} ${digits(measured.ratio)}`)
    if (measured.processorRatio) console.log(`processor ${workload} ${peer} ${digits(measured.processorRatio)}`)
    if (measured.peaks) {
      console.log(memory(comparison, measured.peaks))
      const [mine, other] = firsts.map(seconds => `${digits(seconds)} s`)
      console.log(`first ${workload} ${peer}: ours took ${mine}, ${peer} ${other}`)
    }
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error
    console.log(`${workload}: no ratio against ${peer}: ${error.message}`)
  }
}

async function clocked(work: Work): Promise<{ round: Round; seconds: number }> {
  const start = performance.now()
  const round = await work()
  return { round, seconds: (performance.now() - start) / 1000 }
}

class PeerFailure extends Error {}

const ofPeer =
  <T>(f: () => Promise<T>) =>
  (): Promise<T> =>
    f().catch(cause => {
      throw new PeerFailure(cause instanceof Error ? cause.message : String(cause), { cause })
    })

function checkSame(ours: Round, theirs: Round, { tolerance }: Comparison): void {
  if (tolerance === undefined || ours.result === undefined || theirs.result === undefined) return
  const [a, b] = [Array.from(ours.result()), Array.from(theirs.result())]
  const apart = a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0)
  if (a.length === b.length && apart <= tolerance) return
  throw new PeerFailure(`its result differs by ${digits(apart)}, more than ${tolerance}`)
}

function sentence({ workload, peer, unit }: Comparison, { ours, theirs, middle, rounds }: Measured): string {
  const spread = `middle half ${digits(middle.low)} to ${digits(middle.high)}, ${rounds} rounds`
  return `${workload}: ${grouped(ours)} ${unit}/s; ${peer} ${grouped(theirs)} (${spread})`
}

function memory({ workload, peer }: Comparison, { ours, theirs }: NonNullable<Measured['peaks']>): string {
  const [mine, other] = [ours, theirs].map(bytes => `${digits(bytes / 1e9)} GB`)
  return `memory ${workload} ${peer} ${digits(ours / theirs)} (peak ${mine}, ${peer} ${other})`
}

const grouped = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 })
