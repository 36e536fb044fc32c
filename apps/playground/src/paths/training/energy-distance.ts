/**
 * Energy distance between two sets of points in the plane, 2 E|a − b| − E|a − a'| − E|b − b'| (Székely and Rizzo). It is 0 for equal
 * distributions; between finite samples of the same distribution it is slightly above 0.
 */

/** Returns the distance from `data` as a function of points, both float32 `[N × 2]`. The term of the data is computed once. */
export function energyDistanceFrom(data: Float32Array): (points: Float32Array) => number {
  const dataTerm = meanDistance(data, data)
  return points => 2 * meanDistance(points, data) - meanDistance(points, points) - dataTerm
}

function meanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 2) {
    const [x, y] = [a[i]!, a[i + 1]!]
    for (let j = 0; j < b.length; j += 2) sum += Math.sqrt((x - b[j]!) ** 2 + (y - b[j + 1]!) ** 2)
  }
  return (4 * sum) / (a.length * b.length)
}
