/** The options of `openData`, checked strictly: an unknown one, a bad value, or one without effect is refused. */
import { MixflowError } from '@mixflow/core'
import { checkKeys, checkWord, show } from '@mixflow/core/internal'
import type { PadMode } from './adapt-dataset.ts'
import type { BadImageOptions } from './bad-images.ts'
import type { DataSource } from './data-spec.ts'
import type { Split } from './dataset.ts'
import { type Fit, fits, mostPixels } from './decode-image.ts'
import type { OnProgress } from './progress.ts'

export interface OpenDataOptions {
  /** Which part, where the set has a test part. Default: `train`. */
  readonly split?: Split | undefined
  /** At most so many images: the first, or evenly spaced ones where the order has a meaning (folders, Twemoji). */
  readonly limit?: number | undefined
  /** 1 for grey, 3 for colour; as the set is unless said (folders: 3). */
  readonly channels?: 1 | 3 | undefined
  /** Edge in pixels, 1..4096. Pictures of a folder are scaled to it, images of a set of fixed size are padded. */
  readonly size?: number | undefined
  /** With what images of a fixed size are padded; `zero` (black) unless said. */
  readonly pad?: PadMode | undefined
  /** How a picture of a folder becomes square; `cover` unless said. */
  readonly fit?: Fit | undefined
  /** What shows through transparency (folders, Twemoji), any CSS colour; `white` unless said. */
  readonly background?: string | undefined
  /** What an image that cannot be read does (folders): `refuse` the set, naming all, or `skip`. Default: `refuse`. */
  readonly badImages?: BadImageOptions['badImages'] | undefined
  /** With `skip`: the largest share of images that may be skipped, 0..1. Default: 0.1. */
  readonly badImagesLimit?: number | undefined
  /** Where downloads are kept; the user's cache, or `MIXFLOW_CACHE`, unless said. */
  readonly cacheFolder?: string | undefined
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

type OptionName = keyof OpenDataOptions

const common = ['split', 'limit', 'channels', 'size', 'onProgress', 'signal'] as const satisfies readonly OptionName[]

/** Beyond the common ones, the options that each kind of source heeds. */
const particular = {
  quickstart: ['pad'],
  mnist: ['pad', 'cacheFolder'],
  cifar10: ['pad', 'cacheFolder'],
  twemoji: ['pad', 'background'],
  'twemoji-plain': ['pad', 'background'],
  idx: ['pad'],
  images: ['fit', 'background', 'badImages', 'badImagesLimit'],
} as const satisfies Record<DataSource['kind'], readonly OptionName[]>

const all: readonly OptionName[] = [...common, ...new Set(Object.values(particular).flat())]

/** @throws MixflowError ARGUMENT_INVALID */
export function checkOptions(options: OpenDataOptions): void {
  checkKeys(options, all, { what: 'the options of a data set' })
  word(options, 'split', ['train', 'test'])
  word(options, 'pad', ['zero', 'edge'])
  word(options, 'fit', fits)
  word(options, 'badImages', ['refuse', 'skip'])
  share(options, 'badImagesLimit')
  integer(options, 'limit', 2 ** 32)
  integer(options, 'size', mostPixels)
  text(options, 'background', 'a CSS colour')
  text(options, 'cacheFolder', 'a path')
  const { channels } = options
  if (channels !== undefined && channels !== 1 && channels !== 3) {
    throw new MixflowError('ARGUMENT_INVALID', `channels must be 1 (grey) or 3 (colour), got ${show(channels)}`)
  }
  if (options.badImagesLimit !== undefined && options.badImages !== 'skip') {
    throw new MixflowError('ARGUMENT_INVALID', 'badImagesLimit has no effect without badImages: "skip"', {
      hint: 'add --bad-images skip, or leave the limit out',
    })
  }
  if (options.pad !== undefined && options.size === undefined) {
    throw new MixflowError('ARGUMENT_INVALID', 'pad has no effect without a size to pad to')
  }
}

/** Refuses options that the source would ignore. @throws MixflowError ARGUMENT_INVALID */
export function checkHeeded(spec: string, { kind }: DataSource, options: OpenDataOptions): void {
  const heeded: readonly OptionName[] = [...common, ...particular[kind]]
  const idle = all.find(name => options[name] !== undefined && !heeded.includes(name))
  if (idle) {
    throw new MixflowError('ARGUMENT_INVALID', `${idle} has no effect on ${spec}: leave it out`, {
      hint: `options that have: ${heeded.join(', ')}`,
      details: { option: idle, spec },
    })
  }
  if (options.split === 'test' && !['mnist', 'cifar10', 'idx', 'images'].includes(kind)) {
    throw new MixflowError('ARGUMENT_INVALID', `${spec} has no test part`, { hint: 'leave the split out' })
  }
}

function word(options: OpenDataOptions, name: OptionName, known: readonly string[]): void {
  if (options[name] !== undefined) checkWord(options[name], known, { what: name })
}

function integer(options: OpenDataOptions, name: OptionName, most: number): void {
  const value = options[name]
  if (value === undefined || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most)) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be an integer in 1..${most}, got ${show(value)}`)
}

function share(options: OpenDataOptions, name: OptionName): void {
  const value = options[name]
  if (value === undefined || (Number(value) >= 0 && Number(value) <= 1)) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be a number in 0..1, got ${show(value)}`)
}

function text(options: OpenDataOptions, name: OptionName, what: string): void {
  if (options[name] === undefined || (typeof options[name] === 'string' && options[name] !== '')) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be ${what}, got ${show(options[name])}`)
}
