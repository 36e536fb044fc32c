/**
 * The settings of an evaluation: each solver at each number of evaluations that it can spend. `heun` spends odd numbers, for
 * instance, and an adaptive solver as many as it needs, so it comes once. A number that no solver can spend is an error; one
 * that some cannot is left out for them, and told.
 */
import { isAdaptive, MixflowError, type SolverName, stepsOf } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import type { SampleSetting } from './part.ts'

export interface SettingsRequest {
  readonly solvers: readonly SolverName[]
  readonly nfe: readonly number[]
  /** What all have in common. `gridPower` goes to fixed-step solvers, `tolerance` and `perImage` to adaptive ones. */
  readonly common?: Omit<SampleSetting, 'solver' | 'nfe' | 'steps'>
}

export interface SettingsPlan {
  readonly settings: readonly SampleSetting[]
  /** Pairs that do not exist, with the reason. */
  readonly left: readonly { readonly solver: SolverName; readonly nfe: number; readonly reason: string }[]
}

/** @throws MixflowError ARGUMENT_INVALID for a number of evaluations that none of the solvers can spend */
export function planSettings({ solvers, nfe, common = {} }: SettingsRequest): SettingsPlan {
  const { gridPower, tolerance, perImage, ...shared } = common
  const adaptive = { ...shared, ...defined({ tolerance, perImage }) }
  const fixed = { ...shared, ...defined({ gridPower }) }
  const left: { solver: SolverName; nfe: number; reason: string; hint: string | undefined }[] = []
  const settings = solvers.flatMap((solver): SampleSetting[] => {
    if (isAdaptive(solver)) return [{ solver, ...adaptive }]
    return nfe.flatMap(count => {
      try {
        stepsOf(solver, count)
        return [{ solver, nfe: count, ...fixed }]
      } catch (error) {
        if (!MixflowError.is(error)) throw error
        left.push({ solver, nfe: count, reason: error.message, hint: error.hint })
        return []
      }
    })
  })
  for (const count of nfe) {
    const own = left.filter(each => each.nfe === count)
    const wasTaken = settings.some(setting => setting.nfe === count)
    if (own.length === 0 || wasTaken) continue
    throw new MixflowError('ARGUMENT_INVALID', own.map(({ reason }) => reason).join('; '), {
      hint: own[0]?.hint?.split('\n') ?? 'use another number',
      details: { nfe: count, solvers },
    })
  }
  return { settings, left: left.map(({ hint, ...each }) => each) }
}
