import { describe, expect, it } from 'vitest'
import { exactOdes } from '../../testing/exact-odes.ts'
import { solve } from './solve.ts'
import { type FixedSolver, fixedSolvers } from './solver.ts'
import { dopri5, type EmbeddedTableau, euler, heun, midpoint, rk4, type Tableau } from './tableau.ts'

const tableaus: readonly Tableau[] = [euler, midpoint, heun, rk4, dopri5]
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/**
 * The conditions of orders 1 to 4 (one for each rooted tree with up to four nodes): Σ bᵢ Φᵢ(tree) = 1/γ(tree). A b that
 * satisfies all of an order's conditions and those below has that order.
 */
function conditions({ nodes: c, stages: a }: Pick<Tableau, 'nodes' | 'stages'>) {
  const inner = (v: readonly number[]) => a.map(row => sum(row.map((factor, j) => factor * v[j]!)))
  const power = (k: number) => c.map(value => value ** k)
  return [
    { order: 1, phi: power(0), value: 1 },
    { order: 2, phi: power(1), value: 1 / 2 },
    { order: 3, phi: power(2), value: 1 / 3 },
    { order: 3, phi: inner(power(1)), value: 1 / 6 },
    { order: 4, phi: power(3), value: 1 / 4 },
    { order: 4, phi: inner(power(1)).map((value, i) => value * c[i]!), value: 1 / 8 },
    { order: 4, phi: inner(power(2)), value: 1 / 12 },
    { order: 4, phi: inner(inner(power(1))), value: 1 / 24 },
  ]
}

function satisfied(weights: readonly number[], tableau: Pick<Tableau, 'nodes' | 'stages'>, order: number) {
  return conditions(tableau)
    .filter(condition => condition.order <= order)
    .every(({ phi, value }) => Math.abs(sum(weights.map((b, i) => b * phi[i]!)) - value) < 1e-14)
}

describe.each(tableaus.map(tableau => [tableau.name, tableau] as const))('%s', (_, tableau) => {
  it('is explicit, its rows sum to its nodes, its weights to 1', () => {
    expect(tableau.nodes[0]).toBe(0)
    expect([tableau.stages.length, tableau.weights.length]).toEqual([tableau.nodes.length, tableau.nodes.length])
    for (const [i, row] of tableau.stages.entries()) {
      expect(row).toHaveLength(i)
      expect(sum(row)).toBeCloseTo(tableau.nodes[i]!, 14)
    }
    expect(sum(tableau.weights)).toBeCloseTo(1, 14)
  })

  it('satisfies the conditions of its order, up to the fourth, and not of the next', () => {
    expect(satisfied(tableau.weights, tableau, Math.min(4, tableau.order))).toBe(true)
    if (tableau.order < 4) expect(satisfied(tableau.weights, tableau, tableau.order + 1)).toBe(false)
  })
})

describe('the embedded method of dopri5', () => {
  const { errorWeights, embeddedOrder, weights, nodes, stages }: EmbeddedTableau = dopri5
  const withLast = { nodes: [...nodes, 1], stages: [...stages, weights] }

  it('differs from the method by weights that sum to 0', () => {
    expect(errorWeights).toHaveLength(weights.length + 1)
    expect(sum(errorWeights)).toBeCloseTo(0, 15)
  })

  it('has its declared order', () => {
    const embedded = [...weights, 0].map((weight, i) => weight - errorWeights[i]!)
    expect(satisfied(embedded, withLast, embeddedOrder)).toBe(true)
  })
})

describe('measured order of convergence', () => {
  const solvers: readonly (FixedSolver & { order: number })[] = [
    ...Object.values<FixedSolver>(fixedSolvers).map(solver => ({
      ...solver,
      order: solver.multistep ? 2 : solver.tableau.order,
    })),
    { name: 'dopri5 with fixed steps', tableau: dopri5, order: dopri5.order },
  ]
  const x0 = Float64Array.of(0.5, -0.8, 1.3, 0.2)

  async function error(solver: FixedSolver, ode: (typeof exactOdes)[number], steps: number) {
    const { x } = await solve(ode.velocity, x0, { solver, steps })
    const exact = ode.solution(x0, 1)
    return Math.sqrt(x.reduce((total, value, i) => total + (value - exact[i]!) ** 2, 0))
  }

  it.each(solvers.map(solver => [solver.name, solver] as const))('of %s is the declared one', async (_, solver) => {
    const slopes: number[] = []
    for (const ode of exactOdes) {
      const steps = 64
      slopes.push(Math.log2((await error(solver, ode, steps)) / (await error(solver, ode, 2 * steps))))
    }
    // The least order over all equations is the method's; on some an order may be higher by chance.
    expect(Math.min(...slopes)).toBeGreaterThan(solver.order - 0.25)
    expect(Math.min(...slopes)).toBeLessThan(solver.order + 0.25)
  })
})
