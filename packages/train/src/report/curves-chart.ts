/**
 * A chart of a few named curves as an SVG file, readable on light and dark pages, without scripts or fonts. Around the points of a curve
 * may lie faint ones, such as single seeds.
 */

import { printableName } from '@mixflow/core/internal'
import { type Html, html } from './html.ts'
import { axisOf } from './line-chart.ts'

export interface Curve {
  readonly name: string
  /** Index into the list of colours, so that a name has the same colour in several charts. */
  readonly color: number
  readonly dashed?: boolean
  readonly points: readonly CurvePoint[]
  readonly faint: readonly CurvePoint[]
}

export interface CurvePoint {
  readonly x: number
  readonly y: number
}

export interface CurvesChartSpec {
  readonly title: string
  readonly xTitle: string
  readonly xTicks: readonly number[]
  readonly xScale: 'linear' | 'log'
  /** A linear scale starts at 0. */
  readonly yScale: 'linear' | 'log'
  readonly curves: readonly Curve[]
}

/** Distinguishable with any colour vision (Okabe and Ito 2008). */
const colors = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#000000']

const [left, right, top, bottom] = [56, 610, 44, 352]
/** An upper bound, because the fonts are unknown. */
const letterWidth = 7.2

export function curvesChart({ title, xTitle, xTicks, xScale, yScale, curves }: CurvesChartSpec): string {
  const points = curves.flatMap(curve => [...curve.points, ...curve.faint])
  const values = points.map(({ y }) => y)
  const xAxis = axisOf([...xTicks, ...points.map(({ x }) => x)], { kind: xScale, round: false })
  const yAxis = axisOf(yScale === 'log' ? values : [0, ...values], { kind: yScale, round: true })
  const placeX = (x: number) => (left + xAxis.place(x) * (right - left)).toFixed(1)
  const placeY = (y: number) => (bottom - yAxis.place(y) * (bottom - top)).toFixed(1)
  const path = (of: readonly CurvePoint[]) =>
    of.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${placeX(x)} ${placeY(y)}`).join('')
  const dots = (of: readonly CurvePoint[], radius: number) =>
    of.map(({ x, y }) => html`<circle cx="${placeX(x)}" cy="${placeY(y)}" r="${radius}"/>`)
  const width =
    right + Math.max(310, Math.ceil(56 + letterWidth * Math.max(0, ...curves.map(({ name }) => name.length))))
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 400" font-family="system-ui, sans-serif" font-size="13">
<title>${printableName(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="20" font-weight="600">${printableName(title)}</text>
${yAxis.ticks.map(
  ({ value, text }) => html`<path d="M${left} ${placeY(value)}H${right}" stroke="#ddd"/>
<text x="${left - 8}" y="${placeY(value)}" dy=".32em" text-anchor="end" fill="#555">${text}</text>
`,
)}${xTicks.map(x => html`<text x="${placeX(x)}" y="${bottom + 18}" text-anchor="middle" fill="#555">${x}</text>\n`)}<text x="${(left + right) / 2}" y="392" text-anchor="middle" fill="#555">${printableName(xTitle)}</text>
${curves.map((curve, i) => {
  const color = colors[curve.color % colors.length]!
  const line = (d: string): Html =>
    html`<path d="${d}" fill="none" stroke="${color}" stroke-width="2"${curve.dashed === true && html` stroke-dasharray="5 4"`}/>`
  const y = top + 12 + 18 * i
  return html`${line(path(curve.points))}
<g fill="${color}">${dots(curve.points, 3)}</g>
<g fill="${color}" fill-opacity=".35">${dots(curve.faint, 2.5)}</g>
${line(`M${right + 16} ${y}h24`)}
<text x="${right + 48}" y="${y + 4}">${printableName(curve.name)}</text>
`
})}</svg>
`}`
}
