/**
 * A configuration as a run or a checkpoint stores it, which may be older than some of the settings there are now. What had no
 * setting yet was done in one way; that way is the default of a setting that a stored configuration lacks. Whoever writes a configuration
 * today has to say all of it: there, a missing setting is a mistake.
 */

import type { TrainingConfig } from '@mixflow/zoo'
import { defaultBadImages } from '../data/bad-images.ts'
import { checkConfig } from './resolve-config.ts'

const late = {
  imagesAtOnce: null,
  coupling: 'independent',
  ...defaultBadImages,
} as const satisfies Partial<TrainingConfig>
const lateOfSampling = { gridPower: 1 } as const satisfies Partial<TrainingConfig['sampling']>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws MixflowError CONFIG_INVALID, CONFIG_UNKNOWN_KEY */
export function storedConfig(value: unknown): TrainingConfig {
  if (!isRecord(value)) return checkConfig(value)
  const { sampling } = value
  return checkConfig({
    ...late,
    ...value,
    ...(isRecord(sampling) ? { sampling: { ...lateOfSampling, ...sampling } } : {}),
  })
}
