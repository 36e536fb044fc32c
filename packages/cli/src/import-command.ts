/** `mixflow import`: a checkpoint of the paper's release, or safetensors with its names, becomes a run to export. */

import type { ImageShape, Labels } from '@mixflow/core'
import { MixflowError } from '@mixflow/core'
import type { Checkpoint } from '@mixflow/core/internal'
import { shellWord } from '@mixflow/core/internal'
import { type ImportResult, importCheckpoint } from '@mixflow/export'
import { type DataDescription, describeData, formatCount, freeRunFolder, resolveConfig } from '@mixflow/train'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import { interruptible } from './terminal/interruptible.ts'
import { linesText } from './terminal/lines.ts'
import { programName } from './terminal/program-name.ts'
import { statusLine } from './terminal/status-line.ts'

export interface ImportFlags {
  readonly preset: string
  readonly set: readonly string[]
  readonly step?: number
  readonly out?: string
  readonly runs: string
}

export const importCommand = (file: string, { preset, set, step, out, runs }: ImportFlags): Promise<void> =>
  interruptible(async signal => {
    const status = statusLine()
    try {
      const resolved = resolveConfig({ preset, set: [...dataOf(preset), ...set] })
      const { config } = resolved
      const data = (await describeData()).find(({ name }) => name === config.data)
      const result = await importCheckpoint({
        ...{ file, config, signal },
        preset: resolved.preset,
        out: out ?? freeRunFolder(runs, resolved.preset),
        image: imageOf(config, data),
        labels: labelsOf(config, data),
        dataset: datasetOf(config, data),
        command: ['mixflow', ...process.argv.slice(2)].map(shellWord).join(' '),
        ...(step === undefined ? {} : { step }),
        onProgress: fraction => status.show(`import ${file}: ${Math.floor(100 * fraction)} %`),
      })
      status.clear()
      process.stdout.write(`${asText(result, { config, program: programName() })}\n`)
    } finally {
      status.clear()
    }
  })

/** A preset for one's own pictures has no data yet, and needs none for this: its name stands there. */
function dataOf(preset: string): string[] {
  const isOpen = Object.hasOwn(presets, preset) && presets[preset as keyof typeof presets].config.data === ''
  return isOpen ? [`data=${preset}`] : []
}

function imageOf({ size, channels }: TrainingConfig, data: DataDescription | undefined): ImageShape {
  const [height, width] = size === null ? [data?.height, data?.width] : [size, size]
  if (height !== undefined && width !== undefined) return { channels: channels ?? data?.channels ?? 3, height, width }
  throw new MixflowError('CONFIG_INVALID', 'the size of the images is not known', {
    hint: 'add --set size=<edge in pixels>, and --set channels=1 for grey ones',
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

export function asText(
  { folder, step, roles, parameters }: ImportResult,
  { config, program }: { readonly config: TrainingConfig; readonly program: string },
): string {
  const words = { weights: 'weights of the last step', ema: 'averaged weights' } as const
  return linesText([
    `${folder}: ${roles.map(role => words[role]).join(' and ')}, step ${formatCount(step)}`,
    `denoiser ${config.denoiser.kind}, ${formatCount(parameters.denoiser)} parameters`,
    ...(config.encoder === null
      ? []
      : [`encoder ${config.encoder.kind}, ${formatCount(parameters.encoder)} parameters`]),
    '',
    'Make a model of it',
    `  ${program} export ${shellWord(folder)}`,
  ])
}
