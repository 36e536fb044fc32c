/**
 * A calm line through noisy points, after the fact: the mean over neighbours on both sides, so that the line lags behind
 * nothing. Near the beginning, where a loss falls steeply, the window narrows to the points there are on the left;
 * at the end it reaches back only.
 */

export interface Point {
  readonly x: number
  readonly y: number
}

const mostPoints = 800

/** @param share width of the window on each side, as a share of all points */
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

/** At most `most` points, each the mean of a stretch. */
function meansOf(points: readonly Point[], most: number): readonly Point[] {
  const length = Math.ceil(points.length / most)
  if (length <= 1) return points
  return Array.from({ length: Math.ceil(points.length / length) }, (_, i) => {
    const stretch = points.slice(i * length, (i + 1) * length)
    const mean = (of: (point: Point) => number) => stretch.reduce((sum, point) => sum + of(point), 0) / stretch.length
    return { x: mean(({ x }) => x), y: mean(({ y }) => y) }
  })
}

/** At most `most` of the points, evenly chosen, the last among them. */
export function thin<T>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points]
  const last = points.length - 1
  return Array.from({ length: most }, (_, i) => points[Math.round((i * last) / (most - 1))]!)
}
