import { normals } from '@mixflow/core'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { distance } from './fixtures/reference.ts'
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

describe('symmetricEigenvalues', () => {
  const sorted = (values: Iterable<number>) => Float64Array.from(values).sort()

  it.each([1, 2, 3, 17, 60])('equal those of another decomposition, n = %i', n => {
    const half = Matrix.from1DArray(n, n, normals({ seed: 3, stream: 'probe', images: n, elementsPerImage: n }))
    const matrix = Matrix.add(half, half.transpose())
    const expected = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues
    const lower = Float64Array.from(matrix.to1DArray())
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) lower[i * n + j] = Number.NaN // is never read
    expect(distance(sorted(symmetricEigenvalues(lower, n)), sorted(expected))).toBeLessThan(1e-13 * n)
  })

  it('are accurate in known cases: a chain of springs, a multiple eigenvalue, an empty matrix', () => {
    const n = 40
    const chain = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      chain[i * n + i] = 2
      if (i > 0) chain[i * n + i - 1] = -1
    }
    const expected = Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)))
    expect(distance(sorted(symmetricEigenvalues(chain, n)), expected)).toBeLessThan(1e-14)
    const ones = new Float64Array(n * n).fill(1) // one eigenvalue n, the others 0
    const found = sorted(symmetricEigenvalues(ones, n))
    expect(found[n - 1]).toBeCloseTo(n, 12)
    expect(Math.max(...found.subarray(0, n - 1).map(Math.abs))).toBeLessThan(1e-13)
    expect(symmetricEigenvalues(new Float64Array(9), 3)).toEqual(new Float64Array(3))
    expect(symmetricEigenvalues(new Float64Array(0), 0)).toEqual(new Float64Array(0))
  })
})
