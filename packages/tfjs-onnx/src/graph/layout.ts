/**
 * Layouts: the order of a tensor's dimensions in memory.
 *
 * tfjs uses NHWC; ONNX Runtime is fast in NCHW. So every recorded tensor has a logical shape, which tfjs sees, and a layout: physical
 * dimension `k` is logical dimension `layout[k]`. A transpose only changes the layout and costs nothing. A kernel that needs a certain
 * layout requests it, and a Transpose is recorded only if the bytes differ. Dimensions of size 1 do not affect the bytes, so layouts are
 * compared without them.
 */

export type Layout = readonly number[]
export type Shape = readonly number[]

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export const identityLayout = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i)

export const isIdentity = (layout: Layout): boolean => layout.every((dimension, i) => dimension === i)

export const permute = <T>(list: readonly T[], layout: Layout): T[] => layout.map(i => list[i] as T)

export function inverseLayout(layout: Layout): Layout {
  const inverse = new Array<number>(layout.length)
  layout.forEach((dimension, i) => {
    inverse[dimension] = i
  })
  return inverse
}

/** The dimensions with more than one element, in memory order. */
const significant = (shape: Shape, layout: Layout): number[] => layout.filter(dimension => shape[dimension] !== 1)

/** Whether a tensor of this logical shape has the same bytes in both layouts. */
export function sameBytes(shape: Shape, a: Layout, b: Layout): boolean {
  const first = significant(shape, a)
  const second = significant(shape, b)
  return first.every((dimension, i) => dimension === second[i])
}

interface Segment {
  readonly from: number[]
  readonly to: number[]
}

/** Pairs runs of dimensions of both shapes with the same elements; null if a dimension is empty. */
function segments(shape: Shape, target: Shape): Segment[] | null {
  const from = [...shape.keys()].filter(i => shape[i] !== 1)
  const to = [...target.keys()].filter(i => target[i] !== 1)
  const result: Segment[] = []
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    const segment: Segment = { from: [], to: [] }
    let left = 1
    let right = 1
    do {
      if (left <= right && i < from.length) {
        const dimension = from[i++] as number
        segment.from.push(dimension)
        left *= shape[dimension] as number
      } else if (j < to.length) {
        const dimension = to[j++] as number
        segment.to.push(dimension)
        right *= target[dimension] as number
      } else return null
      if (left === 0 || right === 0) return null
    } while (left !== right)
    result.push(segment)
  }
  return result
}

/**
 * Returns the layout in which memory of `shape` in `layout` can be read as `target` without copying, or null. Dimensions can be split and
 * merged as long as those that merge are adjacent in memory, in order.
 */
export function reshapedLayout(shape: Shape, layout: Layout, target: Shape): Layout | null {
  const runs = segments(shape, target)
  if (runs === null) return isIdentity(layout) ? identityLayout(target.length) : null
  const memory = significant(shape, layout)
  const position = new Map(memory.map((dimension, i) => [dimension, i]))
  for (const { from } of runs) {
    const start = position.get(from[0] as number) as number
    if (!from.every((dimension, i) => position.get(dimension) === start + i)) return null
  }
  const inMemory = runs.sort(
    (a, b) => (position.get(a.from[0] as number) ?? 0) - (position.get(b.from[0] as number) ?? 0),
  )
  const placed = inMemory.flatMap(run => run.to)
  return sameBytes(target, identityLayout(target.length), [...placed, ...onesOf(target)])
    ? identityLayout(target.length)
    : placeOnes(target, placed)
}

const onesOf = (shape: Shape): number[] => [...shape.keys()].filter(i => shape[i] === 1)

/** Inserts dimensions of size 1 after the dimension that precedes them logically. */
function placeOnes(shape: Shape, placed: readonly number[]): Layout {
  const layout = [...placed]
  for (const dimension of onesOf(shape)) layout.splice(layout.indexOf(dimension - 1) + 1, 0, dimension)
  return layout
}
