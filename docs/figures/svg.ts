/** The few shapes that figures are made of, on a white card, so that they read the same on light and dark pages. */
export type Point = readonly [number, number]

export const colors = {
  text: '#24292f',
  quiet: '#6e7781',
  data: '#9aa4af',
  flow: '#d9622b',
  mix: '#2563eb',
  line: '#d0d7de',
}

const round = (value: number) => value.toFixed(1).replace(/\.0$/, '')

export interface TextOptions {
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly color?: string
}

export const text = (
  [x, y]: Point,
  words: string,
  { size = 13, anchor = 'middle', color = colors.text }: TextOptions = {},
) => `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="${color}">${words}</text>`

/** Many dots as one path of zero-length strokes. */
export const dots = (points: readonly Point[], color: string, { radius = 1.6, opacity = 0.6 } = {}) =>
  `<path d="${points.map(([x, y]) => `M${round(x)} ${round(y)}h0`).join('')}" stroke="${color}" stroke-width="${2 * radius}" stroke-linecap="round" stroke-opacity="${opacity}"/>`

/** Polylines of one colour. */
export const lines = (paths: readonly (readonly Point[])[], color: string, { width = 1, opacity = 0.5 } = {}) =>
  `<path d="${paths.map(path => `M${path.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}`).join('')}" fill="none" stroke="${color}" stroke-width="${width}" stroke-opacity="${opacity}"/>`

export const box = ([x, y]: Point, [width, height]: Point, { fill = '#f6f8fa', stroke = colors.data } = {}) =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6" fill="${fill}" stroke="${stroke}"/>`

/** An arrow from one point to another, ending in a head. */
export const arrow = (from: Point, to: Point, color = colors.quiet) =>
  `<path d="M${from.map(round).join(' ')}L${to.map(round).join(' ')}" stroke="${color}" fill="none" marker-end="url(#head)"/>`

export const svg = (width: number, height: number, shapes: readonly string[]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif">
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colors.quiet}"/></marker>
<rect width="${width}" height="${height}" rx="8" fill="#fff"/>
${shapes.join('\n')}
</svg>
`
