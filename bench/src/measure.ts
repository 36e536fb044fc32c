/**
 * Times two implementations in turns: ours, theirs, ours, theirs, … Other load of the machine affects both, and a changing clock rate cancels
 * in the ratio of neighbouring rounds; the result is the median of these ratios.
 */

/** Does one round of work. */
export type Work = () => Promise<Round>

export interface Round {
  /** Amount of work, in the unit of the comparison: images, numbers, loads. */
  readonly amount: number
  /** The result, if both sides should compute the same; called outside of the timing. */
  readonly result?: () => ArrayLike<number>
  /** The time to count, in milliseconds. Default: the whole round. */
  readonly milliseconds?: number
  /** Peak memory of the process, if the side has its own. */
  readonly peakBytes?: number
  /** Processor time of the round in all threads, if the side has its own process. */
  readonly processorSeconds?: number
}

export interface Pace {
  /** Rounds that are not counted. */
  readonly warmUps: number
  /** Minimum duration and number of rounds. */
  readonly seconds: number
  readonly leastRounds: number
}

export interface Measured {
  /** Amounts per second, medians. */
  readonly ours: number
  readonly theirs: number
  /** Median of ours / theirs, and the quartiles. */
  readonly ratio: number
  readonly middle: { readonly low: number; readonly high: number }
  readonly rounds: number
  /** Median of theirs / ours in processor time, if both are known: other programs affect it less than the ratio. */
  readonly processorRatio?: number
  /** Bytes, if both are known. */
  readonly peaks?: { readonly ours: number; readonly theirs: number }
}

export async function inTurns(ours: Work, theirs: Work, { seconds, leastRounds }: Pace): Promise<Measured> {
  const [a, b]: [number[], number[]] = [[], []]
  const processor: number[] = []
  let peaks: Measured['peaks']
  const end = performance.now() + 1000 * seconds
  while (a.length < leastRounds || performance.now() < end) {
    const [mine, other] = [await timed(ours), await timed(theirs)]
    if (mine.processorSeconds && other.processorSeconds) processor.push(other.processorSeconds / mine.processorSeconds)
    a.push(mine.rate)
    b.push(other.rate)
    if (mine.peakBytes && other.peakBytes) peaks = { ours: mine.peakBytes, theirs: other.peakBytes }
  }
  const ratios = a.map((value, i) => value / (b[i] as number))
  return {
    ours: median(a),
    theirs: median(b),
    ratio: median(ratios),
    middle: { low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    rounds: a.length,
    ...(processor.length === 0 ? {} : { processorRatio: median(processor) }),
    ...(peaks === undefined ? {} : { peaks }),
  }
}

async function timed(work: Work): Promise<Pick<Round, 'peakBytes' | 'processorSeconds'> & { readonly rate: number }> {
  const start = performance.now()
  const { amount, milliseconds = performance.now() - start, ...rest } = await work()
  return { rate: (1000 * amount) / milliseconds, ...rest }
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Three significant digits, without exponent. */
export const digits = (value: number): string => String(Number(value.toPrecision(3)))

/** Prints a Markdown table. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`)
}

/** With linear interpolation. */
function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * fraction
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return low + (high - low) * (at - Math.floor(at))
}
