/** `mixflow export`: exports a run or checkpoint as a model, by default into the folder of the run. */

import { basename, dirname, join, normalize } from 'node:path'
import type { Parity } from '@mixflow/core'
import { labelText, shellWord } from '@mixflow/core/internal'
import { type ExportResult, exportModel } from '@mixflow/export'
import { interruptible } from '../terminal/signals.ts'
import { statusLine } from '../terminal/status-line.ts'
import { linesText, percentText, print, table } from '../terminal/text.ts'
import { programName } from '../terminal/this-program.ts'

export interface ExportFlags {
  readonly out?: string
  readonly name?: string
  readonly licence?: string
  readonly description?: string
  readonly overwrite?: boolean
}

export const exportCommand = (run: string, { out = modelFolder(run), ...options }: ExportFlags): Promise<void> =>
  interruptible(async signal => {
    using status = statusLine()
    const result = await exportModel({
      ...options,
      checkpoint: run,
      out,
      signal,
      onProgress: ({ phase, fraction }) => status.show(`export ${run}: ${phase} ${percentText(fraction)}`),
    })
    status.clear()
    print(exportText({ ...result, folder: out }))
  })

/** `<run>/model` for a run and its checkpoints, `<checkpoint>/model` for a checkpoint outside a run. */
export function modelFolder(path: string): string {
  const clean = normalize(path).replace(/(?<=.)[/\\]+$/, '')
  const isInRun = basename(dirname(clean)) === 'checkpoints'
  return join(isInRun ? dirname(dirname(clean)) : clean, 'model')
}

function exportText({ folder, manifest, checkpoint, weights, damaged }: ExportResult): string {
  const { training, labels, sampler, name, files, parity } = manifest
  const kind = weights === 'ema' ? 'EMA parameters' : 'parameters'
  const label = labels === null ? '' : ` --label ${shellWord(labelText(Math.min(3, labels.count - 1), labels))}`
  const nfe = sampler.nfe === undefined ? '' : ` --nfe ${sampler.nfe}`
  const fileRows = files.map(({ path, bytes, role, dtype }) => [
    join(folder, path),
    bytes.toLocaleString('en-US'),
    `bytes, ${role}${dtype === undefined ? '' : ` ${dtype}`}`,
  ])
  return linesText([
    ...damaged.map(({ folder: path, error }) => `skipped ${path}: ${error.message}`),
    `${name}: ${kind} of ${checkpoint}, ${training.imagesSeen.toLocaleString('en-US')} images seen`,
    '',
    ...table(fileRows, { right: [1] }),
    '',
    ...(Object.entries(parity) as [string, Parity][]).map(
      ([dtype, { maxAbsError, limit }]) =>
        `${dtype}: largest difference from the trained networks ${maxAbsError.toPrecision(2)}, limit ${limit}`,
    ),
    '',
    'Sample 64 images',
    `  ${programName()} sample ${shellWord(folder)} --count 64${nfe} --seed 7${label} --out samples.png`,
  ])
}
