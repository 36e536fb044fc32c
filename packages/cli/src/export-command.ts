/** `mixflow export`: a run or checkpoint becomes a model, in the run's folder unless said otherwise. */

import { basename, dirname, join, normalize } from 'node:path'
import type { Manifest, Parity } from '@mixflow/core'
import { labelText, shellWord } from '@mixflow/core/internal'
import { type ExportResult, exportModel } from '@mixflow/export'
import { interruptible } from './terminal/interruptible.ts'
import { linesText } from './terminal/lines.ts'
import { programName } from './terminal/program-name.ts'
import { statusLine } from './terminal/status-line.ts'
import { table } from './terminal/table.ts'

export interface ExportFlags {
  readonly out?: string
  readonly name?: string
  readonly licence?: string
  readonly description?: string
  readonly overwrite?: boolean
}

export const exportCommand = (run: string, { out = modelFolder(run), ...options }: ExportFlags): Promise<void> =>
  interruptible(async signal => {
    const status = statusLine()
    try {
      const result = await exportModel({
        ...options,
        checkpoint: run,
        out,
        signal,
        onProgress: ({ phase, fraction }) => status.show(`export ${run}: ${phase} ${Math.floor(100 * fraction)} %`),
      })
      status.clear()
      process.stdout.write(`${asText({ ...result, folder: out }, programName())}\n`)
    } finally {
      status.clear()
    }
  })

/** `<run>/model`, also for `<run>/checkpoints/step-…`; beside its files for a checkpoint that is in no run. */
export function modelFolder(path: string): string {
  const clean = normalize(path).replace(/(?<=.)[/\\]+$/, '')
  const isInRun = basename(dirname(clean)) === 'checkpoints'
  return join(isInRun ? dirname(dirname(clean)) : clean, 'model')
}

export function asText({ folder, manifest, checkpoint, weights, damaged }: ExportResult, program: string): string {
  const { training, labels, sampler, name } = manifest
  const kind = weights === 'ema' ? 'averaged weights' : 'weights'
  const label = labels === null ? '' : ` --label ${shellWord(labelText(Math.min(3, labels.count - 1), labels))}`
  const count = sampler.nfe === undefined ? '' : ` --nfe ${sampler.nfe}`
  return linesText([
    ...damaged.map(({ folder: path, error }) => `passed over ${path}: ${error.message}`),
    `${name}: ${kind} of ${checkpoint}, ${training.imagesSeen.toLocaleString('en-US')} images seen`,
    '',
    ...filesText(folder, manifest),
    '',
    ...parityText(manifest.parity),
    '',
    'Draw 64 pictures with it',
    `  ${program} sample ${shellWord(folder)} --count 64${count} --seed 7${label} --out samples.png`,
  ])
}

function filesText(folder: string, { files }: Manifest): string[] {
  const rows = files.map(({ path, bytes, role, dtype }) => [
    join(folder, path),
    bytes.toLocaleString('en-US'),
    `bytes, ${role}${dtype === undefined ? '' : ` ${dtype}`}`,
  ])
  return table(rows, { right: [1] })
}

const parityText = (parity: Manifest['parity']): string[] =>
  (Object.entries(parity) as [string, Parity][]).map(
    ([dtype, { maxAbsError, limit }]) =>
      `parity of ${dtype} with the trained networks: ${maxAbsError.toPrecision(2)} apart at most, ${limit} allowed`,
  )
