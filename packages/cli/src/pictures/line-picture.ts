/**
 * A picture of a few named curves as a file of its own, in SVG: thin, readable on light pages and dark ones, without a script or a
 * font. Each curve has its points, and faint ones around them, as of single seeds.
 */

import { printableName } from '@mixflow/core/internal'
import { formatNumber } from '@mixflow/train'

type Scale = 'linear' | 'log'

export interface Curve {
  readonly name: string
  /** Place in the list of colours, so that a name has the same one in every picture. */
  readonly color: number
  readonly dashed: boolean
  readonly points: readonly Point[]
  readonly faint: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface PictureSpec {
  readonly title: string
  readonly xTitle: string
  /** Places on the x axis that are named. */
  readonly xTicks: readonly number[]
  readonly xScale: Scale
  /** A linear one begins at 0. */
  readonly yScale: Scale
  readonly curves: readonly Curve[]
}

/** Told apart by people with any colour vision (Okabe and Ito 2008). */
const colors = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#000000']

const size = { plot: 554, height: 400, left: 56, right: 310, top: 44, bottom: 48 }
/** A name's letters, at most, as no font is asked how wide they are. */
const letterWidth = 7.2

export function linePicture({ title, xTitle, xTicks, xScale, yScale, curves }: PictureSpec): string {
  const points = curves.flatMap(({ points, faint }) => [...points, ...faint])
  const [left, right] = extent([...points.map(({ x }) => x), ...xTicks].map(x => scaled(x, xScale)))
  const values = points.map(({ y }) => y)
  const yTicks = yScale === 'log' ? logTicks(extent(values)) : roundTicks(extent([0, ...values]))
  const [low, high] = extent([...yTicks, ...values].map(y => scaled(y, yScale)))
  const [plotWidth, plotHeight] = [size.plot, size.height - size.top - size.bottom]
  const placeX = (x: number) => round(size.left + ((scaled(x, xScale) - left) / (right - left)) * plotWidth)
  const placeY = (y: number) => round(size.top + (1 - (scaled(y, yScale) - low) / (high - low)) * plotHeight)
  const at = ({ x, y }: Point) => `${placeX(x)} ${placeY(y)}`
  const end = size.left + size.plot
  const longest = Math.max(0, ...curves.map(({ name }) => name.length))
  const width = end + Math.max(size.right, Math.ceil(56 + letterWidth * longest))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${size.height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${size.left}" y="20" font-weight="600">${escaped(title)}</text>`,
    ...yTicks.map(
      y =>
        `<path d="M${size.left} ${placeY(y)}H${end}" stroke="#ddd"/><text x="${size.left - 8}" y="${placeY(y) + 4}" text-anchor="end" fill="#555">${tickText(y)}</text>`,
    ),
    ...xTicks.map(
      x =>
        `<text x="${placeX(x)}" y="${size.height - size.bottom + 18}" text-anchor="middle" fill="#555">${tickText(x)}</text>`,
    ),
    `<text x="${round(size.left + plotWidth / 2)}" y="${size.height - 8}" text-anchor="middle" fill="#555">${escaped(xTitle)}</text>`,
    ...curves.map(({ color, dashed, points, faint }) => {
      const stroke = colors[color % colors.length]
      const line = points.map((point, i) => `${i === 0 ? 'M' : 'L'}${at(point)}`).join('')
      const dots = (of: readonly Point[], radius: number, opacity: number) =>
        of
          .map(
            ({ x, y }) =>
              `<circle cx="${placeX(x)}" cy="${placeY(y)}" r="${radius}" fill="${stroke}" fill-opacity="${opacity}"/>`,
          )
          .join('')
      const dash = dashed ? ' stroke-dasharray="5 4"' : ''
      return `<path d="${line}" fill="none" stroke="${stroke}" stroke-width="2"${dash}/>${dots(points, 3, 1)}${dots(faint, 2.5, 0.35)}`
    }),
    ...legend(curves),
    '</svg>\n',
  ].join('\n')
}

/** Right of the plot, one line for each curve. */
function legend(curves: readonly Curve[]): string[] {
  const x = size.left + size.plot + 16
  return curves.map(({ name, color, dashed }, i) => {
    const y = size.top + 12 + 18 * i
    const dash = dashed ? ' stroke-dasharray="5 4"' : ''
    return `<path d="M${x} ${y}h24" stroke="${colors[color % colors.length]}" stroke-width="2"${dash}/><text x="${x + 32}" y="${y + 4}">${escaped(name)}</text>`
  })
}

const scaled = (value: number, scale: Scale) => (scale === 'log' ? Math.log(value) : value)

function extent(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low < high ? [low, high] : [low - 0.5, high + 0.5]
}

/** At most eight round numbers from below the least to above the greatest. */
function roundTicks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10)
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** 1, 2 and 5 times powers of ten, from one below the least to one above the greatest. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const powers = Array.from({ length: 40 }, (_, i) => 10 ** (i - 20))
  const all = powers.flatMap(power => [1, 2, 5].map(factor => Number((factor * power).toPrecision(1))))
  const first = all.findLastIndex(tick => tick <= low)
  const last = all.findIndex(tick => tick >= high)
  return all.slice(Math.max(0, first), last + 1)
}

const tickText = (value: number) =>
  Math.abs(value) >= 1 || value === 0 ? String(value) : formatNumber(value).replace(/\.?0+$/, '')

const round = (value: number) => Number(value.toFixed(1))

const escaped = (text: string) =>
  printableName(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
