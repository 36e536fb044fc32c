/** What `mixflow data` lists: every data set with a name, and whether it is at hand on this machine. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dataCacheFolder } from './cache-folder.ts'
import { type CatalogueEntry, catalogue, type DataName, dataNames } from './catalogue.ts'
import { findTwemoji, twemojiPackage } from './twemoji.ts'

export interface DataDescription
  extends Pick<
    CatalogueEntry,
    'title' | 'homepage' | 'images' | 'channels' | 'height' | 'width' | 'licence' | 'attribution'
  > {
  readonly name: DataName
  readonly classes: number
  readonly where: DataPlace
}

/** Where a data set is, or how it comes here. */
export type DataPlace =
  | { readonly state: 'embedded' }
  /** In this folder: downloaded before, or an installed package. */
  | { readonly state: 'here'; readonly folder: string }
  /** Downloaded when first opened: so many bytes are missing for the training half, into this folder. */
  | { readonly state: 'download'; readonly bytes: number; readonly folder: string }
  /** In an optional npm package, with the command that installs it. */
  | { readonly state: 'install'; readonly command: string }

/** Describes the named data sets, in the catalogue's order. Looks at sizes of files only, and opens nothing. */
export function describeData(options: { readonly cacheFolder?: string } = {}): Promise<DataDescription[]> {
  const cacheFolder = options.cacheFolder ?? dataCacheFolder()
  return Promise.all(dataNames.map(name => describe(name, cacheFolder)))
}

async function describe(name: DataName, cacheFolder: string): Promise<DataDescription> {
  const { title, homepage, images, channels, height, width, licence, attribution, classNames } = catalogue[name]
  const where = await placeOf(name, cacheFolder)
  return {
    name,
    title,
    homepage,
    images,
    channels,
    height,
    width,
    classes: classNames.length,
    licence,
    attribution,
    where,
  }
}

async function placeOf(name: DataName, cacheFolder: string): Promise<DataPlace> {
  const { files } = catalogue[name]
  if (files) {
    const folder = join(cacheFolder, name)
    const missing = await Promise.all(
      files.train.map(async file => {
        const there = await stat(join(folder, file.name)).catch(() => null)
        return there?.size === file.bytes ? 0 : file.bytes
      }),
    )
    const bytes = missing.reduce((sum, size) => sum + size, 0)
    return bytes === 0 ? { state: 'here', folder } : { state: 'download', bytes, folder }
  }
  if (name !== 'twemoji' && name !== 'twemoji-plain') return { state: 'embedded' }
  const folder = findTwemoji()
  return folder ? { state: 'here', folder } : { state: 'install', command: `npm i ${twemojiPackage}` }
}
