/** `mixflow import`: converts a checkpoint with the parameter names of the paper's release to a run, which can be exported. */

import { type ImageShape, type Labels, MixflowError } from '@mixflow/core'
import { type Checkpoint, defined, shellWord } from '@mixflow/core/internal'
import { type ImportResult, importCheckpoint } from '@mixflow/export'
import {
  type DataDescription,
  describeData,
  formatCount,
  freeRunFolder,
  type ResolvedConfig,
  resolveConfig,
} from '@mixflow/train'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import { interruptible } from '../terminal/signals.ts'
import { statusLine } from '../terminal/status-line.ts'
import { linesText, percentText, print } from '../terminal/text.ts'
import { commandLine, programName } from '../terminal/this-program.ts'

export interface ImportFlags {
  readonly preset: string
  readonly set: readonly string[]
  readonly step?: number
  readonly out?: string
  readonly runs: string
}

export const importCommand = (file: string, { preset, set, step, out, runs }: ImportFlags): Promise<void> =>
  interruptible(async signal => {
    using status = statusLine()
    const resolved = resolveConfig({ preset, set: [...dataSetting(preset), ...set] })
    const { config } = resolved
    const data = (await describeData()).find(({ name }) => name === config.data)
    const result = await importCheckpoint({
      file,
      config,
      preset: resolved.preset,
      out: out ?? freeRunFolder(runs, resolved.preset),
      image: imageOf(config, data),
      labels: labelsOf(config, data),
      dataset: datasetOf(config, data),
      command: commandLine(),
      ...defined({ step }),
      signal,
      onProgress: fraction => status.show(`import ${file}: ${percentText(fraction)}`),
    })
    status.clear()
    print(importText(result, resolved))
  })

/** A preset without a data set of its own needs a name for it here. */
function dataSetting(preset: string): string[] {
  const isOpen = Object.hasOwn(presets, preset) && presets[preset as keyof typeof presets].config.data === ''
  return isOpen ? [`data=${preset}`] : []
}

function imageOf({ size, channels }: TrainingConfig, data: DataDescription | undefined): ImageShape {
  const [height, width] = size === null ? [data?.height, data?.width] : [size, size]
  if (height !== undefined && width !== undefined) return { channels: channels ?? data?.channels ?? 3, height, width }
  throw new MixflowError('CONFIG_INVALID', 'the image size is unknown', {
    hint: 'add --set size=<pixels>, and --set channels=1 for greyscale images',
    details: { key: 'size' },
  })
}

const labelsOf = ({ labels }: TrainingConfig, data: DataDescription | undefined): Labels | null =>
  labels && data !== undefined && data.classes > 0 ? { count: data.classes } : null

function datasetOf({ data: name }: TrainingConfig, data: DataDescription | undefined): Checkpoint['dataset'] {
  if (data === undefined) return { name, images: 0 }
  const { images, licence, attribution } = data
  return { name, images: images.train, attribution, ...(licence === null ? {} : { licence }) }
}

const roleNames = { weights: 'parameters of the last step', ema: 'EMA parameters' } as const

function importText({ folder, step, roles, parameters }: ImportResult, { preset, config }: ResolvedConfig): string {
  const { denoiser, encoder } = config
  return linesText([
    `${folder}: ${roles.map(role => roleNames[role]).join(' and ')}, step ${formatCount(step)}`,
    `denoiser ${denoiser.kind}, ${formatCount(parameters.denoiser)} parameters`,
    ...(encoder === null ? [] : [`encoder ${encoder.kind}, ${formatCount(parameters.encoder)} parameters`]),
    '',
    'Train it further, here or on other images with --data',
    `  ${programName()} train ${preset} --from ${shellWord(folder)}`,
    '',
    'Export it as a model',
    `  ${programName()} export ${shellWord(folder)}`,
  ])
}
