/**
 * The data sets that have a name: what they are, whom to credit, and for those that are downloaded, where from.
 *
 * Sizes and sha256 are of the files as first published; every mirror serves the same bytes. The original place of
 * MNIST has answered 404 or 403 for years, so the mirrors are asked first and it is kept as the last resort.
 */
import { cifar10Attribution, cifar10ClassNames } from './cifar10.ts'
import type { Split } from './dataset.ts'
import { mnistAttribution, mnistClassNames, mnistLicence } from './mnist.ts'
import { quickstartCount } from './quickstart.ts'
import { twemojiAttribution, twemojiClassNames, twemojiLicence } from './twemoji.ts'

/** A file to download, the same at all of its addresses. */
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
  /** Number of images in each half; a set without a test half has none. */
  readonly images: Readonly<Partial<Record<Split, number>>> & { readonly train: number }
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  readonly classNames: readonly string[]
  readonly licence: string | null
  readonly attribution: string
  /** What each half needs from the network; null if nothing. */
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
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  channels: 1,
  height: 28,
  width: 28,
  classNames: mnistClassNames,
  licence: mnistLicence,
  attribution: mnistAttribution,
} as const

const emoji = {
  homepage: 'https://github.com/jdecked/twemoji',
  channels: 3,
  height: 32,
  width: 32,
  classNames: twemojiClassNames,
  licence: twemojiLicence,
  attribution: twemojiAttribution,
  files: null,
} as const

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
    title: 'photographs of ten kinds of animals and vehicles',
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    images: { train: 50_000, test: 10_000 },
    channels: 3,
    height: 32,
    width: 32,
    classNames: cifar10ClassNames,
    licence: null,
    attribution: cifar10Attribution,
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
