/** Loads a model with its progress on the status line; for a run, which has no ONNX files, the error names the command to type. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkpointFileName, defined, manifestFileName } from '@mixflow/core/internal'
import type { LoadModelOptions, NodeModel } from '@mixflow/sdk-node'
import { statusLine } from '../terminal/status-line.ts'
import { percentText } from '../terminal/text.ts'
import { programName } from '../terminal/this-program.ts'

export interface ModelFlags {
  readonly device?: string | undefined
  readonly dtype?: string | undefined
  readonly threads?: number | undefined
  readonly workers?: number | undefined
}

/** Unchecked: `loadModel` refuses unknown names. */
export const loadOptions = ({ device, dtype, threads, workers }: ModelFlags): LoadModelOptions =>
  defined({ device, dtype, threads, workers }) as LoadModelOptions

export async function loadShown(model: string, flags: ModelFlags, signal: AbortSignal): Promise<NodeModel> {
  const { loadModel } = await import('@mixflow/sdk-node')
  using status = statusLine()
  return await loadModel(model, {
    ...loadOptions(flags),
    signal,
    onProgress: ({ phase, fraction }) => status.show(`load ${model}: ${phase} ${percentText(fraction)}`),
  })
}

/** @throws MixflowError MODEL_NOT_FOUND for the folder of a run or checkpoint */
export function refuseRun(model: string, command: 'sample' | 'serve'): void {
  const has = (...path: string[]) => existsSync(join(model, ...path))
  if (has(manifestFileName) || !(has('checkpoints') || has(checkpointFileName))) return
  const next = has('model', manifestFileName) ? `${command} ${join(model, 'model')}` : `export ${model}`
  throw new MixflowError('MODEL_NOT_FOUND', `${model} is a run or checkpoint, not a model`, {
    hint: `${programName()} ${next}`,
    details: { model },
  })
}
