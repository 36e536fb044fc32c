/**
 * Two ways of doing the same, timed in turns: ours, theirs, ours, theirs, … What else the machine does meets both alike,
 * and a clock that slows down cancels in the ratio of neighbours; the median of these ratios is the result.
 */

/** Does one round of work, and says how much that was. */
export type Work = () => Promise<Round>

export interface Round {
  /** In the comparison's unit: images, numbers, loads. */
  readonly amount: number
  /** What came out, where both sides should compute the same; not asked for while the clock runs. */
  readonly result?: () => ArrayLike<number>
  /** The time that counts, in milliseconds, where it is not the whole round's. */
  readonly milliseconds?: number
  /** The most memory that the side's process has held so far, where it has one to itself. */
  readonly peakBytes?: number
}

export interface Pace {
  /** Rounds that build graphs and warm caches, and do not count. */
  readonly warmUps: number
  /** Rounds go on until both this time and this number are reached. */
  readonly seconds: number
  readonly leastRounds: number
}

export interface Measured {
  /** Amounts per second, medians. */
  readonly ours: number
  readonly theirs: number
  /** Median of ours to theirs, and what the middle half of the rounds lies between. */
  readonly ratio: number
  readonly middle: { readonly low: number; readonly high: number }
  readonly rounds: number
  /** Bytes, of both sides, where both are known. */
  readonly peaks?: { readonly ours: number; readonly theirs: number }
}

export async function inTurns(ours: Work, theirs: Work, { seconds, leastRounds }: Pace): Promise<Measured> {
  const [a, b]: [number[], number[]] = [[], []]
  let peaks: Measured['peaks']
  const end = performance.now() + 1000 * seconds
  while (a.length < leastRounds || performance.now() < end) {
    const [mine, other] = [await timed(ours), await timed(theirs)]
    a.push(mine.rate)
    b.push(other.rate)
    if (mine.peakBytes && other.peakBytes) peaks = { ours: mine.peakBytes, theirs: other.peakBytes }
  }
  const ratios = a.map((value, i) => value / (b[i] as number))
  return {
    ours: quantile(a, 0.5),
    theirs: quantile(b, 0.5),
    ratio: quantile(ratios, 0.5),
    middle: { low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    rounds: a.length,
    ...(peaks === undefined ? {} : { peaks }),
  }
}

async function timed(work: Work): Promise<{ rate: number; peakBytes: number | undefined }> {
  const start = performance.now()
  const { amount, peakBytes, milliseconds = performance.now() - start } = await work()
  return { rate: (1000 * amount) / milliseconds, peakBytes }
}

/** Linear between neighbours. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return low + (high - low) * (at - Math.floor(at))
}
