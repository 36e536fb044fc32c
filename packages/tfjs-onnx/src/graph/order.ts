/**
 * Physical orders: how a tensor's dimensions lie in memory, apart from how tfjs numbers them.
 *
 * tfjs thinks NHWC, ONNX Runtime is fast in NCHW. So every recorded tensor has a logical shape (what tfjs sees) and an
 * order: physical dimension `k` is logical dimension `order[k]`. A transpose only changes the order and costs nothing;
 * an op that needs a certain order asks for it, and only there, if the bytes really differ, a Transpose is recorded.
 * Dimensions of size 1 lie anywhere, so orders are compared without them.
 */

export type Order = readonly number[]
export type Shape = readonly number[]

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export const identityOrder = (rank: number): Order => Array.from({ length: rank }, (_, i) => i)

export const isIdentity = (order: Order): boolean => order.every((dimension, i) => dimension === i)

export const permute = <T>(list: readonly T[], order: Order): T[] => order.map(i => list[i] as T)

export function inverseOrder(order: Order): Order {
  const inverse = new Array<number>(order.length)
  order.forEach((dimension, i) => {
    inverse[dimension] = i
  })
  return inverse
}

/** The dimensions with more than one element, in the order in which they lie in memory. */
const significant = (shape: Shape, order: Order): number[] => order.filter(dimension => shape[dimension] !== 1)

/** Whether a tensor of this logical shape has the same bytes in both orders. */
export function sameBytes(shape: Shape, a: Order, b: Order): boolean {
  const first = significant(shape, a)
  const second = significant(shape, b)
  return first.every((dimension, i) => dimension === second[i])
}

interface Segment {
  readonly from: number[]
  readonly to: number[]
}

/** Pairs runs of dimensions of both shapes that hold the same elements; null if an empty dimension makes it pointless. */
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
 * The order that lets `shape` in `order` be read as `target` without moving a byte, or null if there is none.
 * Merging and splitting is free as long as the dimensions that merge lie next to each other, in their order.
 */
export function reshapeOrder(shape: Shape, order: Order, target: Shape): Order | null {
  const runs = segments(shape, target)
  if (runs === null) return isIdentity(order) ? identityOrder(target.length) : null
  const memory = significant(shape, order)
  const position = new Map(memory.map((dimension, i) => [dimension, i]))
  for (const { from } of runs) {
    const start = position.get(from[0] as number) as number
    if (!from.every((dimension, i) => position.get(dimension) === start + i)) return null
  }
  const inMemory = runs.sort(
    (a, b) => (position.get(a.from[0] as number) ?? 0) - (position.get(b.from[0] as number) ?? 0),
  )
  const placed = inMemory.flatMap(run => run.to)
  return sameBytes(target, identityOrder(target.length), [...placed, ...onesOf(target)])
    ? identityOrder(target.length)
    : placeOnes(target, placed)
}

const onesOf = (shape: Shape): number[] => [...shape.keys()].filter(i => shape[i] === 1)

/** Puts the dimensions of size 1 right behind the dimension that precedes them logically. */
function placeOnes(shape: Shape, placed: readonly number[]): Order {
  const order = [...placed]
  for (const dimension of onesOf(shape)) order.splice(order.indexOf(dimension - 1) + 1, 0, dimension)
  return order
}
