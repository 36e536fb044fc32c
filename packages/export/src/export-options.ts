/** The options of an export, checked before any work is done. */

import { MixflowError, type QualityMeasure } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'
import { isPng } from './checkpoint/run-files.ts'
import type { SamplingDefaults } from './describe/sampling.ts'
import { type Dtype, dtypes } from './graph/onnx-bytes.ts'
import { defaultLimits, type ParityLimits } from './parity/check-parity.ts'

export interface ExportProgress {
  readonly phase: 'checkpoint' | 'graphs' | 'parity' | 'files'
  /** Of this phase, 0..1. */
  readonly fraction: number
}

/** What the card has beyond the facts. */
export interface CardOptions {
  /** A PNG with what it shows, Markdown without line breaks; the last grid of samples that training drew unless said. */
  readonly picture?: CardPicture
  /** Words about the quality, Markdown; a table of `quality` unless said. */
  readonly qualityText?: string
  /** Further PNGs, which these words show, by their file names: small letters, digits and "-", with ".png". */
  readonly pictures?: Readonly<Record<string, Uint8Array>>
  /** Name of the npm package that the model is published in, for the examples. */
  readonly packageName?: string
  /** What it was trained on, words: `AMD EPYC, 2 cores`. */
  readonly machine?: string
}

export interface CardPicture {
  readonly png: Uint8Array
  readonly caption: string
}

export interface ExportOptions {
  /** Folder of a checkpoint, or of a run, whose newest whole checkpoint is taken. */
  readonly checkpoint: string
  /** Folder to write; absent or empty, unless `overwrite`. */
  readonly out: string
  /** Up to 100 letters, digits, ".", "_" and "-"; the preset's or the data's unless said. */
  readonly name?: string
  /** SPDX identifier of the weights' licence; NOASSERTION (nobody stated one) unless said. */
  readonly licence?: string
  /** What it is, for the card and the manifest; Markdown. */
  readonly description?: string
  /** The command that trained it; the run's own unless said. */
  readonly command?: string
  /** Replace a model that is there. Never replaces a folder that holds anything else. */
  readonly overwrite?: boolean
  /** Greatest allowed absolute difference from the trained network; 1e-4 with float32 weights, 2e-2 with float16. */
  readonly parityLimit?: Partial<ParityLimits>
  /** How the model samples unless asked otherwise; as in training unless said. */
  readonly sampling?: Partial<SamplingDefaults>
  /** What was measured about the images, for the card and the manifest. */
  readonly quality?: readonly QualityMeasure[]
  /** Precisions to write; both unless said. */
  readonly dtypes?: readonly ('float32' | 'float16')[]
  readonly card?: CardOptions
  /** Time to write down; now unless said. Everything else of an export depends on the checkpoint and the options alone. */
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

/** All options, those that were left open filled in as far as the checkpoint plays no part. */
export interface CheckedOptions {
  readonly checkpoint: string
  readonly out: string
  readonly name: string | undefined
  readonly licence: string | undefined
  readonly description: string | undefined
  readonly command: string | undefined
  readonly overwrite: boolean
  readonly limits: ParityLimits
  readonly sampling: Partial<SamplingDefaults>
  readonly quality: readonly QualityMeasure[]
  readonly dtypes: readonly Dtype[]
  readonly card: CardOptions
  readonly created: string
  readonly signal: AbortSignal | undefined
  readonly report: (progress: ExportProgress) => void
}

/** @throws MixflowError ARGUMENT_INVALID naming the option and what it may be. */
export function checkOptions(options: ExportOptions): CheckedOptions {
  checkKeys(options as unknown, keys, { what: 'exportModel', required: ['checkpoint', 'out'] })
  const { checkpoint, out, name, licence, description, command, sampling = {}, quality = [], signal } = options
  const { overwrite = false, created = new Date(), card = {}, onProgress } = options
  const asked = options.dtypes ?? dtypes
  checkText({ checkpoint, out }, 4096)
  checkText({ name, licence }, 200)
  checkText({ description, command }, 4000)
  if (!Array.isArray(asked) || asked.length === 0 || asked.some(each => !dtypes.includes(each)))
    throw refuse('dtypes', asked, 'a list of "float32" and "float16"')
  checkCard(card)
  if (name !== undefined && !isModelName(name))
    throw refuse('name', name, 'up to 100 letters, digits, ".", "_" and "-"')
  if (typeof overwrite !== 'boolean') throw refuse('overwrite', overwrite, 'true or false')
  if (!Array.isArray(quality)) throw refuse('quality', quality, 'a list of measurements')
  if (!(created instanceof Date) || Number.isNaN(created.getTime())) throw refuse('created', created, 'a valid Date')
  return {
    ...{ checkpoint, out, name, licence, description, command, overwrite, sampling, quality, card, signal },
    dtypes: dtypes.filter(dtype => asked.includes(dtype)),
    limits: checkLimits(options.parityLimit ?? {}),
    created: created.toISOString(),
    report: progress => onProgress?.(progress),
  }
}

/** As manifests want it. */
export const isModelName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)

function checkText(texts: Readonly<Record<string, unknown>>, most: number): void {
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined || (typeof value === 'string' && value.length > 0 && value.length <= most)) continue
    throw refuse(name, value, `a text of 1 to ${most} characters`)
  }
}

function checkCard(card: CardOptions): void {
  checkKeys(card as unknown, ['picture', 'qualityText', 'pictures', 'packageName', 'machine'], { what: 'card' })
  const { picture, qualityText, pictures = {}, packageName, machine } = card
  checkText({ 'card.packageName': packageName }, 214)
  checkText({ 'card.machine': machine }, 400)
  checkText({ 'card.qualityText': qualityText }, 100_000)
  for (const [name, png] of Object.entries(pictures)) {
    if (!/^(?!grid\.)[a-z0-9-]{1,100}\.png$/.test(name))
      throw refuse(
        'card.pictures',
        name,
        'PNGs by names of small letters, digits and "-" with ".png", other than grid.png',
      )
    if (!isPng(png)) throw refuse(`card.pictures.${name}`, png, 'the bytes of a PNG file')
  }
  if (picture === undefined) return
  checkKeys(picture as unknown, ['png', 'caption'], { what: 'card.picture', required: ['png', 'caption'] })
  if (!isPng(picture.png)) throw refuse('card.picture.png', picture.png, 'the bytes of a PNG file')
  checkText({ 'card.picture.caption': picture.caption }, 1000)
}

function checkLimits(given: Partial<ParityLimits>): ParityLimits {
  checkKeys(given as unknown, Object.keys(defaultLimits), { what: 'parityLimit' })
  const limits = { ...defaultLimits, ...given }
  for (const [dtype, limit] of Object.entries(limits)) {
    if (!(Number.isFinite(limit) && limit >= 0)) throw refuse(`parityLimit.${dtype}`, limit, 'a number from 0 up')
  }
  return limits
}

const refuse = (name: string, value: unknown, expected: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `exportModel: ${name} must be ${expected}, got ${show(value)}`, {
    hint: `correct "${name}"`,
    details: { name, value },
  })
