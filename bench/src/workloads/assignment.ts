/**
 * The exact assignment of 512 noise samples to 512 digits, a large batch for minibatch optimal transport, compared with mljs's solver. The
 * squared distances are computed before timing; both must find the same cost.
 */

import { normals } from '@mixflow/core'
import { couplingCosts, optimalAssignment } from '@mixflow/core/internal'
import { openData } from '@mixflow/train'
import { linearSumAssignment } from 'linear-sum-assignment'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'

const batch = 512

async function costs(): Promise<Float64Array> {
  const data = await openData('quickstart', { limit: batch })
  const { images } = data.batch(Array.from({ length: batch }, (_, i) => i))
  return couplingCosts(
    normals({ seed: 1, stream: 'noise', images: batch, elementsPerImage: images.length / batch }),
    images,
    batch,
  )
}

/** Solves the same problem in each round; the result is the mean cost per pair. */
async function solving(solve: (costs: Float64Array) => ArrayLike<number>): Promise<Work> {
  const given = await costs()
  return async () => {
    const columns = solve(given)
    const result = () => {
      const all = Array.from(columns, (column, row) => given[row * batch + column]!)
      return [all.reduce((sum, cost) => sum + cost, 0) / batch]
    }
    return { amount: 1, result }
  }
}

export const assignment = (): readonly Comparison[] => [
  {
    workload: 'assignment',
    peer: 'linear-sum-assignment',
    unit: 'assignments',
    tolerance: 1e-6,
    ours: () => solving(given => optimalAssignment(given).order),
    theirs: async () => {
      const given = await costs()
      const rows = Array.from({ length: batch }, (_, i) => Array.from(given.subarray(i * batch, (i + 1) * batch)))
      return solving(() => Array.from(linearSumAssignment(rows, { maximaze: false }).rowAssignments))
    },
  },
]
