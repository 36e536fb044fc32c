/**
 * A drawing as a distribution: strokes on a board of 64 × 64 places, which a letter each for x and y writes down, so that a link
 * holds the drawing. Points lie evenly along the strokes.
 */

/** x, y in [-1, 1], y upwards. */
export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const places = letters.length
/** Links have an end; later points of a drawing are left out. */
const maxPoints = 400

const placeOf = (value: number) => Math.round(((Math.min(1, Math.max(-1, value)) + 1) / 2) * (places - 1))
const numberOf = (place: number) => (2 * place) / (places - 1) - 1

/** `AAzz.BBCC`: strokes are parted by points. */
export function writeStrokes(strokes: readonly Stroke[]): string {
  let left = maxPoints
  const words = strokes.map(stroke => {
    const codes = stroke.map(point => point.map(value => letters[placeOf(value)]).join(''))
    const moved = codes.filter((code, i) => code !== codes[i - 1]).slice(0, left)
    left -= moved.length
    return moved.join('')
  })
  return words.filter(word => word !== '').join('.')
}

/** null for what is no drawing, or an empty one. */
export function readStrokes(text: string): Stroke[] | null {
  if (!/^([\w-]{2})+(\.([\w-]{2})+)*$/.test(text) || text.length > 4 * maxPoints) return null
  return text.split('.').map(word =>
    (word.match(/../g) ?? []).map(code => {
      const [x, y] = [...code].map(letter => numberOf(letters.indexOf(letter)))
      return [x!, y!] as const
    }),
  )
}

/** The point a share `u` of the way along all strokes; a stroke of one point counts as a short line. */
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
    const share = Math.min(1, left / lengths[i]!)
    return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
  }
}

/** What is there before anybody has drawn: a heart. */
export const heart: string = writeStrokes([
  Array.from({ length: 49 }, (_, i) => {
    const a = (2 * Math.PI * i) / 48
    const y = 13 * Math.cos(a) - 5 * Math.cos(2 * a) - 2 * Math.cos(3 * a) - Math.cos(4 * a)
    return [0.85 * Math.sin(a) ** 3, y / 19 + 0.1] as const
  }),
])
