import { normals } from '@mixflow/core'
import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { distance } from './fixtures/reference.ts'
import { congruence, semidefiniteFactor } from './semidefinite-factor.ts'

const random = (rows: number, columns: number, seed: number) =>
  Matrix.from1DArray(rows, columns, normals({ seed, stream: 'probe', images: rows, elementsPerImage: columns }))
const covariance = (n: number, rank: number, seed = 1) => {
  const rows = random(n, rank, seed)
  return rows.mmul(rows.transpose())
}
const flat = (matrix: Matrix) => Float64Array.from(matrix.to1DArray())

describe('semidefiniteFactor', () => {
  it.each([
    [1, 1],
    [7, 7],
    [30, 30],
    [30, 4],
    [5, 0],
  ])('gives back a covariance of %i features and rank %i', (n, rank) => {
    const given = rank === 0 ? Matrix.zeros(n, n) : covariance(n, rank)
    const { order, values, rank: found } = semidefiniteFactor(flat(given), n)
    expect(found).toBe(rank)
    const l = Matrix.from1DArray(n, n, values)
    const again = new Float64Array(n * n)
    const product = l.mmul(l.transpose())
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) again[order[i]! * n + order[j]!] = product.get(i, j)
    expect(distance(again, flat(given))).toBeLessThan(1e-13 * Math.max(1, given.max()))
  })

  it.each([
    [9, 9],
    [30, 5],
    [1, 1],
  ])('its congruence of %i features and rank %i is LᵀSL', (n, rank) => {
    const other = covariance(n, n, 2)
    const factor = semidefiniteFactor(flat(covariance(n, rank)), n)
    const l = Matrix.from1DArray(n, n, factor.values).subMatrix(0, n - 1, 0, rank - 1)
    const order = Array.from(factor.order)
    const expected = l.transpose().mmul(other.selection(order, order)).mmul(l)
    for (let p = 0; p < rank; p++) for (let q = p + 1; q < rank; q++) expected.set(p, q, 0)
    expect(distance(congruence(flat(other), factor), flat(expected))).toBeLessThan(1e-12 * other.max() * n)
  })
})
