/** The options of `exportModel`, checked before any work is done. */

import { MixflowError, type QualityMeasure } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'
import { isPng } from './checkpoint/checkpoint-files.ts'
import type { SamplingDefaults } from './describe/sampling.ts'
import { dtypes } from './graph/onnx-bytes.ts'
import { defaultLimits, type ParityLimits } from './parity/check-parity.ts'

export interface ExportProgress {
  readonly phase: 'checkpoint' | 'graphs' | 'parity' | 'files'
  /** Fraction of this phase that is done, 0..1. */
  readonly fraction: number
}

/** Content of the model card that is not in the checkpoint. */
export interface CardOptions {
  /** Default: the last grid of samples drawn in training. */
  readonly grid?: CardImage
  /** Text about the quality, in Markdown. Default: a table of `quality`. */
  readonly qualityText?: string
  /** Further PNGs for `qualityText`, by file name: lower-case letters, digits and "-", with ".png". */
  readonly images?: Readonly<Record<string, Uint8Array>>
  /** npm package of the model, for the examples. */
  readonly packageName?: string
  /** The machine that trained the model, such as `AMD EPYC, 2 cores`. */
  readonly machine?: string
}

export interface CardImage {
  readonly png: Uint8Array
  /** Markdown without line breaks. */
  readonly caption: string
}

export interface ExportOptions {
  /** Folder of a checkpoint, or of a run, whose newest intact checkpoint is exported. */
  readonly checkpoint: string
  /** Folder to write. It must be absent or empty, unless `overwrite` is true. */
  readonly out: string
  /** Up to 100 letters, digits, ".", "_" and "-". Default: the name of the run's folder, preset or data set. */
  readonly name?: string
  /** SPDX identifier of the licence of the parameters. Default: NOASSERTION. */
  readonly licence?: string
  /** Description for the card and the manifest, in Markdown. */
  readonly description?: string
  /** The command that trained the model. Default: that in the run's `config.json`. */
  readonly command?: string
  /** Replaces an existing model. A folder with any other files is never replaced. Default: false. */
  readonly overwrite?: boolean
  /** Largest allowed absolute difference from the trained network. Default: 1e-4 for float32, 2e-2 for float16. */
  readonly parityLimit?: Partial<ParityLimits>
  /** Defaults of the model's sampler. Default: those of the training configuration. */
  readonly sampling?: Partial<SamplingDefaults>
  /** Quality measures for the card and the manifest. */
  readonly quality?: readonly QualityMeasure[]
  /** Precisions of the ONNX files. Default: both. */
  readonly dtypes?: readonly ('float32' | 'float16')[]
  readonly card?: CardOptions
  /** Creation time in the manifest. Default: now. All else in an export depends on the checkpoint and the options only. */
  readonly created?: Date
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ExportProgress) => void
}

const keys = [
  'checkpoint',
  'out',
  'name',
  'licence',
  'description',
  'command',
  'overwrite',
  'parityLimit',
  'sampling',
  'quality',
  'dtypes',
  'card',
  'created',
  'signal',
  'onProgress',
] as const satisfies readonly (keyof ExportOptions)[]

/** Options with all defaults that do not depend on the checkpoint. */
export type CheckedOptions = ReturnType<typeof checkOptions>

/** @throws MixflowError ARGUMENT_INVALID with the option, its value and what is allowed */
export function checkOptions(options: ExportOptions) {
  checkKeys(options as unknown, keys, { what: 'exportModel', required: ['checkpoint', 'out'] })
  const { checkpoint, out, name, licence, description, command, sampling = {}, quality = [], signal } = options
  const { overwrite = false, created = new Date(), card = {}, onProgress } = options
  const requested = options.dtypes ?? dtypes
  checkText({ checkpoint, out }, 4096)
  checkText({ name, licence }, 200)
  checkText({ description, command }, 4000)
  if (!Array.isArray(requested) || requested.length === 0 || requested.some(each => !dtypes.includes(each)))
    throw refuse('dtypes', requested, 'an array of "float32" and "float16"')
  checkCard(card)
  if (name !== undefined && !isModelName(name))
    throw refuse('name', name, 'up to 100 letters, digits, ".", "_" and "-"')
  if (typeof overwrite !== 'boolean') throw refuse('overwrite', overwrite, 'true or false')
  if (!Array.isArray(quality)) throw refuse('quality', quality, 'an array of measures')
  if (!(created instanceof Date) || Number.isNaN(created.getTime())) throw refuse('created', created, 'a valid Date')
  return {
    checkpoint,
    out,
    name,
    licence,
    description,
    command,
    overwrite,
    sampling,
    quality,
    card,
    signal,
    dtypes: dtypes.filter(dtype => requested.includes(dtype)),
    limits: checkLimits(options.parityLimit ?? {}),
    created: created.toISOString(),
    report: (progress: ExportProgress) => onProgress?.(progress),
  }
}

/** Whether a manifest allows the name. */
export const isModelName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)

function checkText(texts: Readonly<Record<string, unknown>>, most: number): void {
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined || (typeof value === 'string' && value.length > 0 && value.length <= most)) continue
    throw refuse(name, value, `a string of 1 to ${most} characters`)
  }
}

function checkCard(card: CardOptions): void {
  checkKeys(card as unknown, ['grid', 'qualityText', 'images', 'packageName', 'machine'], { what: 'card' })
  const { grid, qualityText, images = {}, packageName, machine } = card
  checkText({ 'card.packageName': packageName }, 214)
  checkText({ 'card.machine': machine }, 400)
  checkText({ 'card.qualityText': qualityText }, 100_000)
  for (const [name, png] of Object.entries(images)) {
    if (!/^(?!grid\.)[a-z0-9-]{1,100}\.png$/.test(name))
      throw refuse(
        'card.images',
        name,
        'file names of lower-case letters, digits and "-" with ".png", other than grid.png',
      )
    if (!isPng(png)) throw refuse(`card.images.${name}`, png, 'a PNG file as bytes')
  }
  if (grid === undefined) return
  checkKeys(grid as unknown, ['png', 'caption'], { what: 'card.grid', required: ['png', 'caption'] })
  if (!isPng(grid.png)) throw refuse('card.grid.png', grid.png, 'a PNG file as bytes')
  checkText({ 'card.grid.caption': grid.caption }, 1000)
}

function checkLimits(parityLimit: Partial<ParityLimits>): ParityLimits {
  checkKeys(parityLimit as unknown, Object.keys(defaultLimits), { what: 'parityLimit' })
  const limits = { ...defaultLimits, ...parityLimit }
  for (const [dtype, limit] of Object.entries(limits)) {
    if (!(Number.isFinite(limit) && limit >= 0)) throw refuse(`parityLimit.${dtype}`, limit, 'a number ≥ 0')
  }
  return limits
}

const refuse = (name: string, value: unknown, expected: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `exportModel: ${name} must be ${expected}, got ${show(value)}`, {
    hint: `correct the option "${name}"`,
    details: { name, value },
  })
