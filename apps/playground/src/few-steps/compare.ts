/** The comparison: the same seeds through both models at each number of evaluations, then the curvature of their paths. */
import { type SampleRequest, type SolverName, stepsOf } from '@mixflow/core'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { curvatureOf } from './curvature-of.ts'

export const sides = ['rectified-flow', 'mixflow'] as const
export type Side = (typeof sides)[number]
export const sideTitles = { 'rectified-flow': 'Rectified flow', mixflow: 'MixFlow' } as const satisfies Record<
  Side,
  string
>

export const budgets = [2, 3, 5, 9, 33] as const
export const comparedSolvers = ['heun', 'euler', 'ab2'] as const
export type ComparedSolver = (typeof comparedSolvers)[number]

/** Euler steps that curvature is measured with. */
export const curvatureSteps = 32

/** Heun's method cannot take 2 evaluations; two Euler steps can. */
export function solverFor(solver: ComparedSolver, nfe: number): SolverName {
  try {
    stepsOf(solver, nfe)
    return solver
  } catch {
    return 'euler'
  }
}

export interface Compared {
  readonly results: Readonly<Partial<Record<Side, SampleResult>>>[]
  readonly curvatures: Readonly<Partial<Record<Side, number>>>
}

export interface ComparisonRequest {
  readonly models: Readonly<Record<Side, WebModel>>
  readonly seed: number
  readonly count: number
  readonly label: SampleRequest['label'] | undefined
  readonly solver: ComparedSolver
}

export interface Reports {
  readonly signal: AbortSignal
  /** What is under way, in words, and the part that is done. */
  readonly doing: (what: string, fraction: number) => void
  readonly found: (so: Compared) => void
}

export async function compare(request: ComparisonRequest, { signal, doing, found }: Reports): Promise<void> {
  const { models, seed, count, label, solver } = request
  const whose = { count, seed, signal, ...(label !== undefined && { label }) }
  const total = 2 * (budgets.reduce<number>((sum, nfe) => sum + nfe, 0) + curvatureSteps)
  let done = 0
  let so: Compared = { results: budgets.map(() => ({})), curvatures: {} }
  const plainly = (model: WebModel) => ({
    ...whose,
    batchSize: count,
    ...(model.capabilities().labels !== null && { guidance: 0 }),
  })
  for (const side of sides) {
    doing(`Warming up ${sideTitles[side]}`, 0)
    await models[side].sample({ ...plainly(models[side]), solver: 'euler', nfe: 1 })
  }
  for (const [i, nfe] of budgets.entries()) {
    for (const side of sides) {
      doing(`${sideTitles[side]}, NFE ${nfe}`, done / total)
      const made = await models[side].sample({ ...plainly(models[side]), solver: solverFor(solver, nfe), nfe })
      done += nfe
      so = { ...so, results: so.results.map((row, at) => (at === i ? { ...row, [side]: made } : row)) }
      found(so)
    }
  }
  for (const side of sides) {
    const onProgress = (part: number) =>
      doing(`Curvature of ${sideTitles[side]}`, (done + part * curvatureSteps) / total)
    onProgress(0)
    const { mean } = await curvatureOf(models[side], {
      ...{ count, seed, signal, label },
      steps: curvatureSteps,
      onProgress,
    })
    done += curvatureSteps
    so = { ...so, curvatures: { ...so.curvatures, [side]: mean } }
    found(so)
  }
}

/** Root mean square difference of the pictures, in units of the range from black to white. */
export function distanceBetween(a: SampleResult, b: SampleResult): number {
  let sum = 0
  let numbers = 0
  for (const [i, { data }] of a.images.entries()) {
    const other = b.images[i]!.data
    for (let j = 0; j < data.length; j++) sum += ((data[j]! - other[j]!) / 2) ** 2
    numbers += data.length
  }
  return Math.sqrt(sum / numbers)
}
