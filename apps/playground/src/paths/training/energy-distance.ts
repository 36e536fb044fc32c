/**
 * Energy distance of two sets of points in the plane, 2 E|a − b| − E|a − a'| − E|b − b'|: 0 where their distributions are alike
 * (Székely and Rizzo). Of samples, so that it stays a little above 0 however good the samples are.
 */

/** The distance from `data`, whose own part is computed once. Points are x, y, x, y, …. */
export function energyDistanceFrom(data: Float32Array): (points: Float32Array) => number {
  const own = meanDistance(data, data)
  return points => 2 * meanDistance(points, data) - meanDistance(points, points) - own
}

function meanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 2) {
    const [x, y] = [a[i]!, a[i + 1]!]
    for (let j = 0; j < b.length; j += 2) sum += Math.sqrt((x - b[j]!) ** 2 + (y - b[j + 1]!) ** 2)
  }
  return (4 * sum) / (a.length * b.length)
}
