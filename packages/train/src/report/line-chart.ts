/**
 * A line chart as inline SVG: faint points, a line, a grid at round ticks, a legend. It takes its width from the page
 * and keeps lines and letters at their size: positions are percentages, and the curve lies in a nested drawing of
 * 1000 × 1000 units that is stretched, with strokes that are not. Its colour is the page's `--series`.
 */
import { formatNumber } from '../progress/format.ts'
import { type Axis, axisOf, isDrawable } from './axis.ts'
import { type Html, html } from './html.ts'
import { type Point, smooth, thin } from './smooth.ts'

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

interface Curve {
  readonly dots: readonly Point[]
  readonly line: readonly Point[]
}

const mostDots = 600

export function lineChart({ title, xTitle, xEnd, points, noisy, yScale, height }: ChartSpec): Html {
  const curve = curveOf(points, noisy)
  const last = curve.line.at(-1)
  if (last === undefined) return html`<p class="nothing">${title}: no values yet.</p>`
  const x = axisOf([0, xEnd, last.x], { kind: 'linear', round: false })
  const y = axisOf(valuesToShow(curve), { kind: yScale, round: true })
  const ends = `from ${formatNumber(curve.line[0]!.y)} to ${formatNumber(last.y)}`
  return html`
    <figure class="chart">
      <figcaption><span>${title}${y.kind === 'log' && html` <small>logarithmic scale</small>`}</span>${legend(last.y, noisy)}</figcaption>
      <svg class="plot" role="img" width="100%" height="${height}" aria-label="${title}: ${ends}">
        ${yTicks(y)}
        ${xTicks(x)}
        <text x="50%" y="100%" dy="38" text-anchor="middle">${xTitle}</text>
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
          <path class="dots" d="${dotsPath(curve.dots, { x, y })}"/>
          <path class="line" d="${linePath(curve.line, { x, y })}"/>
        </svg>
      </svg>
    </figure>`
}

function curveOf(points: readonly Point[], noisy: boolean): Curve {
  const drawable = points.filter(({ x, y }) => isDrawable(x) && isDrawable(y))
  if (noisy) return { dots: thin(drawable, mostDots), line: smooth(drawable) }
  return { dots: drawable.length === 1 ? drawable : [], line: thin(drawable, mostDots) }
}

/** All of the line, and the points but the outermost hundredth at either side: one wild step must not flatten the rest. */
function valuesToShow({ line, dots }: Curve): number[] {
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

interface Axes {
  readonly x: Axis
  readonly y: Axis
}

const position = ({ x, y }: Point, axes: Axes): string =>
  `${(axes.x.place(x) * 1000).toFixed(1)} ${((1 - axes.y.place(y)) * 1000).toFixed(1)}`

/** Lines of no length, which round caps make dots. */
const dotsPath = (points: readonly Point[], axes: Axes): string =>
  points.map(point => `M${position(point, axes)}h0`).join('')

const linePath = (points: readonly Point[], axes: Axes): string =>
  points.map((point, i) => `${i === 0 ? 'M' : 'L'}${position(point, axes)}`).join('')
