/**
 * The settings of an evaluation: each solver at each NFE that it supports. `heun`, for example, supports odd numbers, and an
 * adaptive solver chooses its NFE, so it has one setting. An NFE that no solver supports is an error; unsupported pairs are
 * reported.
 */
import { isAdaptive, MixflowError, type SolverName, stepsOf } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import type { SampleSetting } from './part.ts'

export interface SettingsRequest {
  readonly solvers: readonly SolverName[]
  readonly nfe: readonly number[]
  /** Common options. `gridPower` applies to fixed-step solvers, `tolerance` and `perImage` to adaptive ones. */
  readonly common?: Omit<SampleSetting, 'solver' | 'nfe' | 'steps'>
}

export interface SettingsPlan {
  readonly settings: readonly SampleSetting[]
  /** Unsupported pairs, with the reason. */
  readonly skipped: readonly { readonly solver: SolverName; readonly nfe: number; readonly reason: string }[]
}

/** @throws MixflowError ARGUMENT_INVALID for an NFE that none of the solvers supports */
export function planSettings({ solvers, nfe, common = {} }: SettingsRequest): SettingsPlan {
  const { gridPower, tolerance, perImage, ...shared } = common
  const adaptive = { ...shared, ...defined({ tolerance, perImage }) }
  const fixed = { ...shared, ...defined({ gridPower }) }
  const skipped: { solver: SolverName; nfe: number; reason: string; hint: string | undefined }[] = []
  const settings = solvers.flatMap((solver): SampleSetting[] => {
    if (isAdaptive(solver)) return [{ solver, ...adaptive }]
    return nfe.flatMap(count => {
      try {
        stepsOf(solver, count)
        return [{ solver, nfe: count, ...fixed }]
      } catch (error) {
        if (!MixflowError.is(error)) throw error
        skipped.push({ solver, nfe: count, reason: error.message, hint: error.hint })
        return []
      }
    })
  })
  for (const count of nfe) {
    const reasons = skipped.filter(each => each.nfe === count)
    const isSupported = settings.some(setting => setting.nfe === count)
    if (reasons.length === 0 || isSupported) continue
    throw new MixflowError('ARGUMENT_INVALID', reasons.map(({ reason }) => reason).join('; '), {
      hint: reasons[0]?.hint?.split('\n') ?? 'use another number',
      details: { nfe: count, solvers },
    })
  }
  return { settings, skipped: skipped.map(({ hint, ...each }) => each) }
}
