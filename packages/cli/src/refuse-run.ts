/** What people have at hand first, where a model is asked for, is the folder of a run: they are told what to type. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkpointFileName, manifestFileName } from '@mixflow/core/internal'
import { programName } from './terminal/program-name.ts'

/**
 * @param command that takes models
 * @throws MixflowError MODEL_NOT_FOUND for a run or checkpoint
 */
export function refuseRun(place: string, command: 'sample' | 'serve'): void {
  const isThere = (...path: string[]) => existsSync(join(place, ...path))
  if (isThere(manifestFileName) || !(isThere('checkpoints') || isThere(checkpointFileName))) return
  const next = isThere('model', manifestFileName) ? `${command} ${join(place, 'model')}` : `export ${place}`
  throw new MixflowError('MODEL_NOT_FOUND', `${place} is a run or checkpoint, and no model`, {
    hint: `${programName()} ${next}`,
    details: { place },
  })
}
