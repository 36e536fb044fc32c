/**
 * The scale of a chart's axis: which values it spans, where a value lies on it, and its ticks at round numbers. Linear
 * or logarithmic; `auto` takes the logarithm where values are positive and span more than a factor of five, as a loss
 * does, whose early fall would press everything after it into a flat line. There is always an axis: no values, one
 * value and absurd ones get one as well.
 */

export interface Tick {
  readonly value: number
  readonly text: string
}

export interface Axis {
  readonly kind: 'linear' | 'log'
  readonly ticks: readonly Tick[]
  /** Share of the axis, 0 at its low end and 1 at its high one; outside for values outside. */
  place(value: number): number
}

export interface AxisOptions {
  readonly kind: 'linear' | 'auto'
  /** Spread the ends of a linear axis to the next round numbers. */
  readonly round: boolean
}

const logFactor = 5
const tiny = 1e-100

/** Beyond this, differences and ratios of values are no numbers any more. */
export const isDrawable = (value: number): boolean => Math.abs(value) < 1 / tiny

export function axisOf(values: readonly number[], { kind, round }: AxisOptions): Axis {
  const { low, high } = extent(values.filter(isDrawable).map(value => (Math.abs(value) < tiny ? 0 : value)))
  const isWide = low > 0 && high / low >= logFactor
  return kind === 'auto' && isWide ? logAxis(low, high) : linearAxis(low, high, round)
}

/** Values that differ by less than this, relatively, are one value: ticks between them would read alike. */
const narrowest = 1e-9
/** So are values that differ by less than this, absolutely: what is `tiny` would not lie within them. */
const smallest = 1e-90

function extent(values: readonly number[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return { low: 0, high: 1 }
  if (high - low > Math.max(narrowest * Math.max(Math.abs(low), Math.abs(high)), smallest)) return { low, high }
  const margin = Math.abs(low) > smallest ? Math.abs(low) / 2 : 0.5
  return { low: low - margin, high: high + margin }
}

function linearAxis(low: number, high: number, round: boolean): Axis {
  const step = roundStep((high - low) / 5)
  const tolerance = 1e-9
  const [from, to] = round
    ? [Math.floor(low / step + tolerance) * step, Math.ceil(high / step - tolerance) * step]
    : [low, high]
  const first = Math.ceil(from / step - tolerance)
  const last = Math.floor(to / step + tolerance)
  const values = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step))
  return { kind: 'linear', ticks: withText(values), place: value => (value - from) / (to - from) }
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  const factor = [1, 2, 5, 10].find(each => each * power >= step * (1 - 1e-9)) ?? 10
  return factor * power
}

const mantissas = [[1], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]] as const
const fewestTicks = 4
const mostTicks = 8

function logAxis(low: number, high: number): Axis {
  const margin = 0.03 * Math.log(high / low)
  const [from, to] = [Math.log(low) - margin, Math.log(high) + margin]
  const inside = (value: number) => Math.log(value) >= from && Math.log(value) <= to
  const decades = range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)))
  const candidates = mantissas.map(set =>
    decades.flatMap(exponent => set.map(mantissa => tidy(mantissa * 10 ** exponent))).filter(inside),
  )
  const enough = candidates.find(ticks => ticks.length >= fewestTicks) ?? candidates.at(-1)!
  const every = Math.ceil(enough.length / mostTicks)
  const values = enough.filter((_, i) => i % every === 0)
  return {
    kind: 'log',
    ticks: values.map(value => ({ value, text: shortText(value) })),
    place: value => (Math.log(value) - from) / (to - from),
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Without the last digits of binary arithmetic: 0.3, not 0.30000000000000004. */
const tidy = (value: number): number => Number(value.toPrecision(12)) || 0

/** The shortest texts that tell the ticks apart; ticks of equal distance have equally many decimals. */
function withText(values: readonly number[]): Tick[] {
  const isPlain = (text: string) => /^-?\d+(\.\d+)?$/.test(text)
  const short = values.map(shortText)
  const texts = new Set(short).size === values.length ? short : values.map(longText)
  const decimals = Math.max(0, ...texts.map(text => (/^-?\d+\.(\d+)$/.exec(text)?.[1] ?? '').length))
  const areDecimals = texts.every(isPlain)
  return values.map((value, i) => ({ value, text: areDecimals && value !== 0 ? value.toFixed(decimals) : texts[i]! }))
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 })

const shortText = (value: number): string => {
  const size = Math.abs(value)
  return size >= 10_000 && size < 1e15 ? compact.format(value) : longText(value)
}

const longText = (value: number): string => {
  const size = Math.abs(value)
  const hasExponent = size >= 1e15 || (size > 0 && size < 1e-4)
  return hasExponent ? value.toExponential().replace('e+', 'e') : String(value)
}
