/**
 * Opens a data set by name or path (see `data-spec.ts`), downloading it first if need be, and brings it to the requested
 * number of images, channels and size.
 */

import { basename, join, resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkKeys, checkWord, defined, show } from '@mixflow/core/internal'
import { limitDataset, type PadMode, padDataset, withChannels } from './adapt-dataset.ts'
import { type BadImageOptions, defaultBadImages } from './bad-images.ts'
import { dataCacheFolder } from './cache-folder.ts'
import { type CatalogueEntry, catalogue, type DataName } from './catalogue.ts'
import { readCifar10 } from './cifar10.ts'
import { type DataSource, parseDataSpec } from './data-spec.ts'
import type { Dataset, Split } from './dataset.ts'
import { type Fit, fits, mostPixels } from './decode-image.ts'
import { download } from './download.ts'
import { readImageFolder } from './image-folder.ts'
import { findIdxImages, isIdxImages, readIdxPair, readMnist, readQuickstart } from './mnist.ts'
import type { OnProgress } from './tasks.ts'
import { readTwemoji } from './twemoji.ts'

type OpenData = (spec: string, options?: OpenDataOptions) => Promise<Dataset>

type Catalogue = Readonly<Record<DataName, CatalogueEntry>>

/**
 * Opens a data set.
 *
 * @param spec `quickstart`, `mnist`, `cifar10`, `twemoji`, `twemoji-plain`; one of these and a path, `mnist:./digits`; or a path
 * @throws MixflowError DATA_UNKNOWN, DATA_NOT_FOUND, DATA_INVALID, PACKAGE_MISSING, ARGUMENT_INVALID for an option,
 * ABORTED, or a DOWNLOAD_ code
 */
export const openData: OpenData = dataOpener(catalogue)

/**
 * Images to evaluate a model on: the test part, because a model may memorize its training images, or the training part if there is no
 * test part; see `Dataset.split`.
 *
 * @throws MixflowError as `openData`
 */
export async function openHeldOut(spec: string, options: Omit<OpenDataOptions, 'split'> = {}): Promise<Dataset> {
  const { kind } = await parseDataSpec(spec)
  if (hasTestPart(kind)) {
    try {
      return await openData(spec, { ...options, split: 'test' })
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  return openData(spec, options)
}

/** The folder may have the training part only, or the path be one of its files. */
const isAbsent = (error: unknown): boolean =>
  MixflowError.is(error) && (error.code === 'DATA_NOT_FOUND' || error.code === 'ARGUMENT_INVALID')

/** An `openData` for another catalogue. */
export function dataOpener(entries: Catalogue): OpenData {
  return async (spec, options = {}) => {
    checkOptions(options)
    const source = await parseDataSpec(spec)
    checkApplicable(spec, source, options)
    if (source.kind === 'images') return channelled(await readImages(source.path, options), options)
    return adapted(await read(source, options, entries), source, options)
  }
}

function readImages(path: string, options: OpenDataOptions): Promise<Dataset> {
  const { size = null, fit = 'cover', background = 'white', limit = null, split = 'train' } = options
  const { badImages, badImagesLimit } = { ...defaultBadImages, ...defined(options) }
  const { onProgress, signal } = options
  return readImageFolder(path, { split, size, fit, background, limit, badImages, badImagesLimit, onProgress, signal })
}

async function read({ kind, path }: DataSource, options: OpenDataOptions, entries: Catalogue): Promise<Dataset> {
  const { split = 'train', background = 'white' } = options
  switch (kind) {
    case 'quickstart':
      return readQuickstart()
    case 'twemoji':
    case 'twemoji-plain':
      return readTwemoji({ background, skinTones: kind === 'twemoji', ...(path === null ? {} : { folder: path }) })
    case 'mnist':
      return readMnist(path ?? (await fetched('mnist', entries, options)), split)
    case 'cifar10':
      return readCifar10(path ?? join(await fetched('cifar10', entries, options), 'cifar-10-binary.tar.gz'), split)
    default:
      return readIdx(path!, options)
  }
}

/** An idx pair, by its folder or its images file, whose name determines the part. */
function readIdx(path: string, options: OpenDataOptions): Promise<Dataset> {
  const isFile = isIdxImages(path)
  const images = isFile ? path : findIdxImages(path, options.split ?? 'train')
  const split = /(^|[-_])(t10k|test)[-_]/.test(basename(images)) ? 'test' : 'train'
  if (options.split && options.split !== split) {
    throw new MixflowError('ARGUMENT_INVALID', `${path} is the ${split} part, not ${options.split}`)
  }
  return readIdxPair(images, { name: basename(resolve(path)), split, licence: null, attribution: null })
}

/** Downloads the files of the requested part into the cache. Returns their folder. */
async function fetched(name: DataName, entries: Catalogue, options: OpenDataOptions): Promise<string> {
  const { split = 'train', cacheFolder = dataCacheFolder(), onProgress, signal } = options
  const folder = join(cacheFolder, name)
  for (const file of entries[name].files?.[split] ?? []) {
    await download({ ...file, path: join(folder, file.name), onProgress, signal })
  }
  return folder
}

function adapted(dataset: Dataset, source: DataSource, options: OpenDataOptions): Dataset {
  const { limit, size, pad = 'zero' } = options
  const limited = limit ? limitDataset(dataset, limit, { spread: source.kind.startsWith('twemoji') }) : dataset
  const converted = channelled(limited, options)
  return size ? padDataset(converted, size, pad) : converted
}

const channelled = (dataset: Dataset, { channels }: OpenDataOptions) =>
  channels ? withChannels(dataset, channels) : dataset

/** Options that are unknown, invalid or without effect on the data set are refused. */
export interface OpenDataOptions {
  /** The part to read. Default: `train`. */
  readonly split?: Split | undefined
  /** Maximum number of images: the first, or evenly spaced ones of sorted sets (folders, Twemoji). Default: all. */
  readonly limit?: number | undefined
  /** 1 for grey, 3 for colour. Default: as in the data (folders: 3). */
  readonly channels?: 1 | 3 | undefined
  /** Edge in pixels, 1..4096. Images of a folder are scaled to it, others padded. Default: as in the data. */
  readonly size?: number | undefined
  /** Padding with black or with the border pixels. Default: `zero`. */
  readonly pad?: PadMode | undefined
  /** How an image of a folder becomes a square. Default: `cover`. */
  readonly fit?: Fit | undefined
  /** Background of transparent images (folders, Twemoji), any CSS colour. Default: `white`. */
  readonly background?: string | undefined
  /** How to handle unreadable images (folders): `refuse` the data set or `skip` them. Default: `refuse`. */
  readonly badImages?: BadImageOptions['badImages'] | undefined
  /** With `skip`: the largest fraction of images that may be skipped, 0..1. Default: 0.1. */
  readonly badImagesLimit?: number | undefined
  /** Folder for downloads. Default: `MIXFLOW_CACHE`, or the user's cache folder. */
  readonly cacheFolder?: string | undefined
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

type OptionName = keyof OpenDataOptions

const common = ['split', 'limit', 'channels', 'size', 'onProgress', 'signal'] as const satisfies readonly OptionName[]

/** The options of each kind of source besides the common ones. */
const specific = {
  quickstart: ['pad'],
  mnist: ['pad', 'cacheFolder'],
  cifar10: ['pad', 'cacheFolder'],
  twemoji: ['pad', 'background'],
  'twemoji-plain': ['pad', 'background'],
  idx: ['pad'],
  images: ['fit', 'background', 'badImages', 'badImagesLimit'],
} as const satisfies Record<DataSource['kind'], readonly OptionName[]>

const all: readonly OptionName[] = [...common, ...new Set(Object.values(specific).flat())]

/** @throws MixflowError ARGUMENT_INVALID */
function checkOptions(options: OpenDataOptions): void {
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
      hint: 'add --bad-images skip, or leave out the limit',
    })
  }
  if (options.pad !== undefined && options.size === undefined) {
    throw new MixflowError('ARGUMENT_INVALID', 'pad has no effect without a size to pad to')
  }
}

/** Whether such a source may have a test part. */
const hasTestPart = (kind: DataSource['kind']): boolean => ['mnist', 'cifar10', 'idx', 'images'].includes(kind)

/** Refuses options without effect on the source. @throws MixflowError ARGUMENT_INVALID */
function checkApplicable(spec: string, { kind }: DataSource, options: OpenDataOptions): void {
  const applicable: readonly OptionName[] = [...common, ...specific[kind]]
  const idle = all.find(name => options[name] !== undefined && !applicable.includes(name))
  if (idle) {
    throw new MixflowError('ARGUMENT_INVALID', `${idle} has no effect on ${spec}`, {
      hint: `options of this data set: ${applicable.join(', ')}`,
      details: { option: idle, spec },
    })
  }
  if (options.split === 'test' && !hasTestPart(kind)) {
    throw new MixflowError('ARGUMENT_INVALID', `${spec} has no test part`, { hint: 'leave out the split' })
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
