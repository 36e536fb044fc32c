/**
 * A drawing as a distribution with points spread evenly along its strokes. As text, each coordinate is one of 64 letters, so that a drawing
 * fits into a link.
 */

/** Coordinates in [-1, 1]; y points up. */
export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const levels = letters.length
/** Limits the length of a link; further points are dropped. */
const maxPoints = 400

const levelOf = (value: number) => Math.round(((Math.min(1, Math.max(-1, value)) + 1) / 2) * (levels - 1))
const numberOf = (level: number) => (2 * level) / (levels - 1) - 1

/** Two letters per point, a dot between strokes: `AAzz.BBCC`. */
export function writeStrokes(strokes: readonly Stroke[]): string {
  let left = maxPoints
  const texts = strokes.map(stroke => {
    const codes = stroke.map(point => point.map(value => letters[levelOf(value)]).join(''))
    const moved = codes.filter((code, i) => code !== codes[i - 1]).slice(0, left)
    left -= moved.length
    return moved.join('')
  })
  return texts.filter(text => text !== '').join('.')
}

/** Returns null for invalid text and for an empty drawing. */
export function readStrokes(text: string): Stroke[] | null {
  if (!/^([\w-]{2})+(\.([\w-]{2})+)*$/.test(text) || text.length > 4 * maxPoints) return null
  return text.split('.').map(word =>
    (word.match(/../g) ?? []).map(code => {
      const [x, y] = [...code].map(letter => numberOf(letters.indexOf(letter)))
      return [x!, y!] as const
    }),
  )
}

/** Returns the point at a fraction `u` of the total length of all strokes. A stroke of one point counts as a short line. */
export function alongStrokes(strokes: readonly Stroke[]): (u: number) => Point {
  const segments = strokes.flatMap(stroke => {
    const pairs = stroke.slice(1).map((to, i) => ({ from: stroke[i]!, to }))
    return pairs.length > 0 ? pairs : [{ from: stroke[0]!, to: stroke[0]! }]
  })
  const lengths = segments.map(({ from, to }) => Math.max(Math.hypot(to[0] - from[0], to[1] - from[1]), 0.02))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return u => {
    let left = u * total
    let i = 0
    while (i < segments.length - 1 && left > lengths[i]!) left -= lengths[i++]!
    const { from, to } = segments[i]!
    const fraction = Math.min(1, left / lengths[i]!)
    return [from[0] + fraction * (to[0] - from[0]), from[1] + fraction * (to[1] - from[1])]
  }
}

/** The initial drawing. */
export const heart: string = writeStrokes([
  Array.from({ length: 49 }, (_, i) => {
    const a = (2 * Math.PI * i) / 48
    const y = 13 * Math.cos(a) - 5 * Math.cos(2 * a) - 2 * Math.cos(3 * a) - Math.cos(4 * a)
    return [0.85 * Math.sin(a) ** 3, y / 19 + 0.1] as const
  }),
])
