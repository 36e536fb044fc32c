/**
 * The named data sets: description, licence, attribution, and the files to download. All mirrors serve the same bytes. MNIST's
 * original server has answered 404 or 403 for years, so it is the last address.
 */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dataCacheFolder } from './cache-folder.ts'
import { cifar10Facts } from './cifar10.ts'
import type { Split } from './dataset.ts'
import { mnistFacts, quickstartCount } from './mnist.ts'
import { findTwemoji, twemojiFacts, twemojiPackage } from './twemoji.ts'

/** A file to download. All addresses serve the same bytes. */
export interface RemoteFile {
  readonly name: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
  readonly addresses: readonly string[]
}

export interface CatalogueEntry {
  readonly title: string
  readonly homepage: string
  /** Number of images of each part. */
  readonly images: Readonly<Partial<Record<Split, number>>> & { readonly train: number }
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  readonly classNames: readonly string[]
  readonly licence: string | null
  readonly attribution: string
  /** The files to download for each part; null for none. */
  readonly files: Readonly<Record<Split, readonly RemoteFile[]>> | null
}

export type DataName = 'quickstart' | 'mnist' | 'cifar10' | 'twemoji' | 'twemoji-plain'

const mnistFile = (name: string, bytes: number, sha256: string): RemoteFile => ({
  name,
  bytes,
  sha256,
  addresses: [
    `https://ossci-datasets.s3.amazonaws.com/mnist/${name}`,
    `https://storage.googleapis.com/cvdf-datasets/mnist/${name}`,
    `http://yann.lecun.com/exdb/mnist/${name}`,
  ],
})

const cifar10Archive: RemoteFile = {
  name: 'cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  addresses: [
    'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    'https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz',
  ],
}

const digits = {
  ...mnistFacts,
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  ...({ channels: 1, height: 28, width: 28 } as const),
}

const emoji = { ...twemojiFacts, homepage: 'https://github.com/jdecked/twemoji', files: null } as const

export const catalogue: Readonly<Record<DataName, CatalogueEntry>> = {
  quickstart: {
    ...digits,
    title: 'the first 10,000 handwritten digits of MNIST, inside this package',
    images: { train: quickstartCount },
    files: null,
  },
  mnist: {
    ...digits,
    title: 'handwritten digits',
    images: { train: 60_000, test: 10_000 },
    files: {
      train: [
        mnistFile(
          'train-images-idx3-ubyte.gz',
          9_912_422,
          '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
        ),
        mnistFile(
          'train-labels-idx1-ubyte.gz',
          28_881,
          '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
        ),
      ],
      test: [
        mnistFile(
          't10k-images-idx3-ubyte.gz',
          1_648_877,
          '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
        ),
        mnistFile(
          't10k-labels-idx1-ubyte.gz',
          4_542,
          'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
        ),
      ],
    },
  },
  cifar10: {
    ...cifar10Facts,
    title: 'photographs of ten kinds of animals and vehicles',
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    images: { train: 50_000, test: 10_000 },
    files: { train: [cifar10Archive], test: [cifar10Archive] },
  },
  twemoji: {
    ...emoji,
    title: 'emoji in all skin tones, from the npm package emoji-datasource-twitter',
    images: { train: 3786 },
  },
  'twemoji-plain': {
    ...emoji,
    title: 'each emoji once, without skin tones, from the same package',
    images: { train: 1911 },
  },
}

export const dataNames = Object.keys(catalogue) as readonly DataName[]

export interface DataDescription extends Omit<CatalogueEntry, 'classNames' | 'files'> {
  readonly name: DataName
  readonly classes: number
  readonly where: DataPlace
}

/** Where a data set is on this machine, or how to get it. */
export type DataPlace =
  | { readonly state: 'embedded' }
  /** In this folder: already downloaded, or an installed package. */
  | { readonly state: 'here'; readonly folder: string }
  /** Downloaded into this folder when first opened. `bytes` are missing of the training part. */
  | { readonly state: 'download'; readonly bytes: number; readonly folder: string }
  /** In an optional npm package, with the command that installs it. */
  | { readonly state: 'install'; readonly command: string }

/** Describes the named data sets and whether they are on this machine. Checks the sizes of files only. */
export function describeData(options: { readonly cacheFolder?: string } = {}): Promise<DataDescription[]> {
  const cacheFolder = options.cacheFolder ?? dataCacheFolder()
  return Promise.all(dataNames.map(name => describe(name, cacheFolder)))
}

async function describe(name: DataName, cacheFolder: string): Promise<DataDescription> {
  const { classNames, files, ...entry } = catalogue[name]
  return { name, ...entry, classes: classNames.length, where: await placeOf(name, cacheFolder) }
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
