/** The comparison: the same seeds through both models at each NFE, then the curvature of their paths. */
import type { SampleRequest, SolverName } from '@mixflow/core'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { canTake } from '../generate/request.ts'
import type { TaskContext } from '../parts/use-task.ts'
import { type Method, methods, methodTitles } from '../paths/training/run.ts'
import { curvatureOf } from './curvature-of.ts'

export const budgets = [2, 3, 5, 9, 33] as const
export const comparedSolvers = ['heun', 'euler', 'ab2'] as const
export type ComparedSolver = (typeof comparedSolvers)[number]

/** Euler steps for measuring the curvature. */
export const curvatureSteps = 32

/** Falls back to Euler if the solver cannot take this NFE, such as Heun with 2. */
export const solverFor = (solver: ComparedSolver, nfe: number): SolverName => (canTake(solver, nfe) ? solver : 'euler')

export interface ComparisonRequest {
  readonly models: Readonly<Record<Method, WebModel>>
  readonly seed: number
  readonly count: number
  readonly label: SampleRequest['label'] | undefined
  readonly solver: ComparedSolver
}

export interface Comparison {
  /** One entry for each of `budgets`. */
  readonly results: readonly Readonly<Partial<Record<Method, SampleResult>>>[]
  readonly curvatures: Readonly<Partial<Record<Method, number>>>
  /** What is being computed. */
  readonly stage: string
  /** 0..1 */
  readonly progress: number
}

export const notCompared: Comparison = { results: [], curvatures: {}, stage: '', progress: 0 }

export async function compare(request: ComparisonRequest, { signal, update }: TaskContext<Comparison>): Promise<void> {
  const { models, seed, count, label, solver } = request
  const total = 2 * (budgets.reduce<number>((sum, nfe) => sum + nfe, 0) + curvatureSteps)
  let done = 0
  let results: Comparison['results'] = budgets.map(() => ({}))
  let curvatures: Comparison['curvatures'] = {}
  update({ results, curvatures })
  const common = (method: Method) => ({
    count,
    seed,
    signal,
    batchSize: count,
    ...(label !== undefined && { label }),
    ...(models[method].capabilities().labels !== null && { guidance: 0 }),
  })
  for (const method of methods) {
    update({ stage: `Warming up ${methodTitles[method]}`, progress: 0 })
    await models[method].sample({ ...common(method), solver: 'euler', nfe: 1 })
  }
  for (const [i, nfe] of budgets.entries()) {
    for (const method of methods) {
      update({ stage: `${methodTitles[method]}, NFE ${nfe}`, progress: done / total })
      const result = await models[method].sample({ ...common(method), solver: solverFor(solver, nfe), nfe })
      done += nfe
      results = results.map((row, at) => (at === i ? { ...row, [method]: result } : row))
      update({ results })
    }
  }
  for (const method of methods) {
    const onProgress = (part: number) =>
      update({ stage: `Curvature of ${methodTitles[method]}`, progress: (done + part * curvatureSteps) / total })
    onProgress(0)
    const options = { count, seed, signal, label, steps: curvatureSteps, onProgress }
    const { mean } = await curvatureOf(models[method], options)
    done += curvatureSteps
    curvatures = { ...curvatures, [method]: mean }
    update({ curvatures })
  }
  update({ progress: 1 })
}

/** Root mean square difference between the images of two results. The range from black to white is 1. */
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
