/**
 * A line chart as inline SVG: faint points, a line, a grid at round ticks, a legend. It takes its width from the page
 * and keeps lines and letters at their size: positions are percentages, and the curve lies in a nested drawing of
 * 1000 × 1000 units that is stretched, with strokes that are not. Its colour is the page's `--series`.
 */

import { formatNumber } from '../progress/format.ts'
import { type Html, html } from './html.ts'

export interface ChartSpec {
  readonly title: string
  readonly xTitle: string
  /** Where the x axis, which begins at 0, ends at least. */
  readonly xEnd: number
  /** Points with an x or y that is no number are left out. */
  readonly points: readonly Point[]
  /** Noisy points are drawn faintly, with a smoothed line. */
  readonly noisy: boolean
  /** `auto`: logarithmic where the values span much. */
  readonly yScale: 'linear' | 'auto'
  /** Pixels. */
  readonly height: number
}

const mostDots = 600

export function lineChart({ title, xTitle, xEnd, points, noisy, yScale, height }: ChartSpec): Html {
  const curve = curveOf(points, noisy)
  const last = curve.line.at(-1)
  if (last === undefined) return html`<p class="nothing">${title}: no values yet.</p>`
  const x = axisOf([0, xEnd, last.x], { kind: 'linear', round: false })
  const y = axisOf(valuesToShow(curve), { kind: yScale, round: true })
  const ends = `from ${formatNumber(curve.line[0]!.y)} to ${formatNumber(last.y)}`
  const at = (point: Point) => `${(x.place(point.x) * 1000).toFixed(1)} ${((1 - y.place(point.y)) * 1000).toFixed(1)}`
  return html`
    <figure class="chart">
      <figcaption><span>${title}${y.kind === 'log' && html` <small>logarithmic scale</small>`}</span>${legend(last.y, noisy)}</figcaption>
      <svg class="plot" role="img" width="100%" height="${height}" aria-label="${title}: ${ends}">
        ${yTicks(y)}
        ${xTicks(x)}
        <text x="50%" y="100%" dy="38" text-anchor="middle">${xTitle}</text>
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
          <path class="dots" d="${curve.dots.map(point => `M${at(point)}h0`).join('')}"/>
          <path class="line" d="${curve.line.map((point, i) => `${i === 0 ? 'M' : 'L'}${at(point)}`).join('')}"/>
        </svg>
      </svg>
    </figure>`
}

/** The dots are lines of no length, which round caps make dots. */
function curveOf(points: readonly Point[], noisy: boolean) {
  const drawable = points.filter(({ x, y }) => isDrawable(x) && isDrawable(y))
  if (noisy) return { dots: thin(drawable, mostDots), line: smooth(drawable) }
  return { dots: drawable.length === 1 ? drawable : [], line: thin(drawable, mostDots) }
}

/** All of the line, and the points but the outermost hundredth at either side: one wild step must not flatten the rest. */
function valuesToShow({ line, dots }: ReturnType<typeof curveOf>): number[] {
  const sorted = dots.map(({ y }) => y).sort((a, b) => a - b)
  const cut = Math.floor(sorted.length / 100)
  return [...line.map(({ y }) => y), ...sorted.slice(cut, sorted.length - cut)]
}

const legend = (last: number, noisy: boolean): Html => html`
  <ul class="legend">
    ${noisy && html`<li><svg width="14" height="10" aria-hidden="true"><path class="dots" d="M3 7h0M8 3h0M12 6h0"/></svg>single steps</li>`}
    <li><svg width="18" height="10" aria-hidden="true"><path class="line" d="M0 5h18"/></svg>${noisy && 'smoothed, '}<b>${formatNumber(last)}</b> at the end</li>
  </ul>`

const percent = (share: number): string => `${Number((share * 100).toFixed(3))}%`

const yTicks = ({ ticks, place }: Axis): Html[] =>
  ticks.map(({ value, text }) => {
    const at = percent(1 - place(value))
    return html`<line class="rule" x1="0" x2="100%" y1="${at}" y2="${at}"/><text x="-10" y="${at}" dy=".32em" text-anchor="end">${text}</text>`
  })

const xTicks = ({ ticks, place }: Axis): Html[] =>
  ticks.map(
    ({ value, text }) => html`<text x="${percent(place(value))}" y="100%" dy="18" text-anchor="middle">${text}</text>`,
  )

interface Tick {
  readonly value: number
  readonly text: string
}

/** The scale of an axis: its range, the position of a value on it, and ticks at round numbers. */
export interface Axis {
  readonly kind: 'linear' | 'log'
  readonly ticks: readonly Tick[]
  /** Position of a value: 0 at the low end, 1 at the high end. */
  place(value: number): number
}

const logFactor = 5
const tiny = 1e-100

/** Beyond this, differences and ratios of values overflow. */
const isDrawable = (value: number): boolean => Math.abs(value) < 1 / tiny

/**
 * @param kind `auto` is logarithmic if all values are positive and span a factor of five or more
 * @param round extends a linear axis to the next round numbers
 */
export function axisOf(
  values: readonly number[],
  { kind, round }: { readonly kind: 'linear' | 'log' | 'auto'; readonly round: boolean },
): Axis {
  const { low, high } = extent(values.filter(isDrawable).map(value => (Math.abs(value) < tiny ? 0 : value)))
  const isWide = low > 0 && high / low >= logFactor
  const isLog = (kind === 'log' && low > 0) || (kind === 'auto' && isWide)
  return isLog ? logAxis(low, high) : linearAxis(low, high, round)
}

/** Values with a smaller relative difference count as equal: ticks between them would have the same text. */
const narrowest = 1e-9
/** Values with a smaller absolute difference count as equal. */
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

/** Rounds off floating-point error: 0.3, not 0.30000000000000004. */
const tidy = (value: number): number => Number(value.toPrecision(12)) || 0

/** The shortest texts that distinguish the ticks, all with the same number of decimals. */
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

export interface Point {
  readonly x: number
  readonly y: number
}

const mostPoints = 800

/**
 * Centred moving average, which does not lag. The window narrows near the beginning, where a loss falls steeply, and is one-sided
 * at the end.
 *
 * @param share width of the window on each side, as a fraction of all points
 */
export function smooth(points: readonly Point[], share = 1 / 40): Point[] {
  const thinned = meansOf(points, mostPoints)
  const reach = Math.floor(thinned.length * share)
  const sums = [0]
  for (const { y } of thinned) sums.push(sums.at(-1)! + y)
  return thinned.map(({ x }, i) => {
    const from = Math.max(0, i - Math.min(reach, i))
    const to = Math.min(thinned.length, i + Math.min(reach, i) + 1)
    return { x, y: (sums[to]! - sums[from]!) / (to - from) }
  })
}

/** At most `most` points, each the mean of a range of points. */
function meansOf(points: readonly Point[], most: number): readonly Point[] {
  const length = Math.ceil(points.length / most)
  if (length <= 1) return points
  return Array.from({ length: Math.ceil(points.length / length) }, (_, i) => {
    const stretch = points.slice(i * length, (i + 1) * length)
    const mean = (of: (point: Point) => number) => stretch.reduce((sum, point) => sum + of(point), 0) / stretch.length
    return { x: mean(({ x }) => x), y: mean(({ y }) => y) }
  })
}

/** At most `most` of the points, evenly spaced, the first and the last included. */
export function thin<T>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points]
  const last = points.length - 1
  return Array.from({ length: most }, (_, i) => points[Math.round((i * last) / (most - 1))]!)
}
