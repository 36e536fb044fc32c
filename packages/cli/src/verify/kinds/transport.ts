/** Minibatch optimal transport, a part of the fixtures of the objective: costs of pairs, and the coupling that costs least. */

import { couplingCosts, optimalAssignment } from '@mixflow/core/internal'
import { z } from 'zod'
import { invalid, prose, type TensorFile } from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'

const size = z.number().int().positive()

export const minibatch = z.strictObject({
  ...{ what: prose, note: prose, in_reference: prose },
  ...{ cost_shape: z.tuple([size, size]), perm: z.array(z.number().int().min(0)) },
  ...{ optimal_cost: z.number(), identity_cost: z.number(), second_best_cost: prose },
  tiny: z
    .strictObject({ cost: z.array(z.array(z.number())), perm: z.array(z.number().int()), optimal_cost: z.number() })
    .optional(),
})

interface Given {
  readonly file: string
  readonly tensors: TensorFile
  readonly report: Report
}

export function checkTransport(ot: z.infer<typeof minibatch>, { tensors, report, file }: Given): void {
  const subject = 'minibatch_ot'
  const [images, columns] = ot.cost_shape
  if (images !== columns || ot.perm.length !== images)
    throw invalid(file, 'minibatch_ot: the costs are no square, or perm is of another size')
  const costs = couplingCosts(tensors.float32('ot.x0'), tensors.float32('ot.x1'), images)
  const compare = (quantity: string, found: number | Float64Array, expected: number | Float64Array) =>
    report.compare(subject, quantity, { found, expected, tolerance: tolerances.double })
  compare('costs', costs, tensors.float64('ot.cost'))
  const { cost } = optimalAssignment(costs)
  compare('least cost', cost, ot.optimal_cost)
  compare('cost without coupling', costOf(costs, [...ot.perm.keys()]), ot.identity_cost)
  // several couplings may be as good, so the given one is judged by its cost
  compare('cost of perm', costOf(costs, ot.perm), cost)
  if (tensors.has('ot.perm')) compare('cost of the tensor ot.perm', costOf(costs, tensors.float64('ot.perm')), cost)
  if (ot.tiny === undefined) return
  const tiny = Float64Array.from(ot.tiny.cost.flat())
  compare('least cost, tiny', optimalAssignment(tiny).cost, ot.tiny.optimal_cost)
  compare('cost of perm, tiny', costOf(tiny, ot.tiny.perm), ot.tiny.optimal_cost)
}

/** NaN for what gives two rows one column, or a row none. */
function costOf(costs: Float64Array, order: ArrayLike<number>): number {
  const columns = Array.from(order)
  const isPermutation = new Set(columns).size === columns.length && columns.every(column => column in columns)
  return isPermutation
    ? columns.reduce((sum, column, row) => sum + costs[row * columns.length + column]!, 0)
    : Number.NaN
}
