/**
 * Opens a data set by name or path (see `data-spec.ts`), downloading it first if need be, and brings it to the wanted
 * number of images, channels and size.
 */
import { basename, join, resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import { limitDataset, padDataset, withChannels } from './adapt-dataset.ts'
import { defaultBadImages } from './bad-images.ts'
import { dataCacheFolder } from './cache-folder.ts'
import { type CatalogueEntry, catalogue, type DataName } from './catalogue.ts'
import { readCifar10 } from './cifar10.ts'
import { type DataSource, parseDataSpec } from './data-spec.ts'
import type { Dataset } from './dataset.ts'
import { download } from './download.ts'
import { readImageFolder } from './image-folder.ts'
import { findIdxImages, isIdxImages, readIdxPair, readMnist } from './mnist.ts'
import { checkHeeded, checkOptions, type OpenDataOptions } from './open-data-options.ts'
import { readQuickstart } from './quickstart.ts'
import { readTwemoji } from './twemoji.ts'

export type OpenData = (spec: string, options?: OpenDataOptions) => Promise<Dataset>

type Catalogue = Readonly<Record<DataName, CatalogueEntry>>

/**
 * Opens a data set.
 *
 * @param spec `quickstart`, `mnist`, `cifar10`, `twemoji`, `twemoji-plain`; one of these and a path, `mnist:./digits`; or a path
 * @throws MixflowError DATA_UNKNOWN, DATA_NOT_FOUND, DATA_INVALID, PACKAGE_MISSING, ARGUMENT_INVALID for an option,
 * ABORTED, or a DOWNLOAD_ code
 */
export const openData: OpenData = dataOpener(catalogue)

/** An `openData` of another catalogue, with files at other addresses. */
export function dataOpener(entries: Catalogue): OpenData {
  return async (spec, options = {}) => {
    checkOptions(options)
    const source = await parseDataSpec(spec)
    checkHeeded(spec, source, options)
    if (source.kind === 'images') return channelled(await readImages(source.path, options), options)
    return adapted(await read(source, { entries, options }), { source, options })
  }
}

function readImages(path: string, options: OpenDataOptions): Promise<Dataset> {
  const { size = null, fit = 'cover', background = 'white', limit = null, split = 'train' } = options
  const { badImages, badImagesLimit } = { ...defaultBadImages, ...defined(options) }
  const { onProgress, signal } = options
  return readImageFolder(path, { split, size, fit, background, limit, badImages, badImagesLimit, onProgress, signal })
}

interface Reading {
  readonly entries: Catalogue
  readonly options: OpenDataOptions
}

async function read({ kind, path }: DataSource, { entries, options }: Reading): Promise<Dataset> {
  const { split = 'train', background = 'white' } = options
  switch (kind) {
    case 'quickstart':
      return readQuickstart()
    case 'twemoji':
    case 'twemoji-plain':
      return readTwemoji({ background, skinTones: kind === 'twemoji', ...(path === null ? {} : { folder: path }) })
    case 'mnist':
      return readMnist(path ?? (await fetched('mnist', { entries, options })), split)
    case 'cifar10':
      return readCifar10(path ?? join(await fetched('cifar10', { entries, options }), 'cifar-10-binary.tar.gz'), split)
    default:
      return readIdx(path!, options)
  }
}

/** An idx pair in a folder, or named by its images file, whose name then says which part it is. */
function readIdx(path: string, options: OpenDataOptions): Promise<Dataset> {
  const isFile = isIdxImages(path)
  const images = isFile ? path : findIdxImages(path, options.split ?? 'train')
  const split = /(^|[-_])(t10k|test)[-_]/.test(basename(images)) ? 'test' : 'train'
  if (options.split && options.split !== split) {
    throw new MixflowError('ARGUMENT_INVALID', `${path} is by its name the ${split} part, not ${options.split}`)
  }
  return readIdxPair(images, { name: basename(resolve(path)), split, licence: null, attribution: null })
}

/** Downloads what the wanted part needs into the set's folder of the cache, and gives that folder. */
async function fetched(name: DataName, { entries, options }: Reading): Promise<string> {
  const { split = 'train', cacheFolder = dataCacheFolder(), onProgress, signal } = options
  const folder = join(cacheFolder, name)
  for (const file of entries[name].files?.[split] ?? []) {
    await download({ ...file, path: join(folder, file.name), onProgress, signal })
  }
  return folder
}

function adapted(dataset: Dataset, { source, options }: { source: DataSource; options: OpenDataOptions }): Dataset {
  const { limit, size, pad = 'zero' } = options
  const limited = limit ? limitDataset(dataset, limit, { spread: source.kind.startsWith('twemoji') }) : dataset
  const converted = channelled(limited, options)
  return size ? padDataset(converted, size, pad) : converted
}

const channelled = (dataset: Dataset, { channels }: OpenDataOptions) =>
  channels ? withChannels(dataset, channels) : dataset
