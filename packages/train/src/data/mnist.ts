/**
 * MNIST and other sets in its format: a pair of idx files, `…-images-idx3-ubyte` and `…-labels-idx1-ubyte`, each plain or as
 * `.gz`. Names with a dot (`train-images.idx3-ubyte`), which some programs write, are found too.
 */

import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MixflowError } from '@mixflow/core'
import { createDataset, type Dataset, type Split } from './dataset.ts'
import { readIdx } from './idx.ts'

export const mnistFacts = {
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  licence: 'CC-BY-SA-3.0',
  attribution: 'MNIST handwritten digits by Yann LeCun and Corinna Cortes, derived from data of NIST, CC BY-SA 3.0',
} as const

/** The parts of a data set other than pixels and labels. */
interface Credits {
  readonly name: string
  readonly split: Split
  readonly licence: string | null
  readonly attribution: string | null
  /** Default: classes numbered from 0 to the largest label. */
  readonly classNames?: readonly string[]
}

/**
 * Reads MNIST from a folder with the four official files, or the two of the requested part.
 *
 * @throws MixflowError DATA_NOT_FOUND if a file is missing, DATA_INVALID if one is damaged or a label is not 0..9
 */
export async function readMnist(folder: string, split: Split): Promise<Dataset> {
  return readIdxPair(findIdxImages(folder, split), { ...mnistFacts, name: 'mnist', split })
}

/**
 * Reads one idx pair, named by its images file. Without a labels file beside it the set has no labels.
 *
 * @throws MixflowError DATA_INVALID if a file is damaged or the two do not belong together
 */
export async function readIdxPair(imagesPath: string, credits: Credits): Promise<Dataset> {
  const labelsPath = labelsBeside(imagesPath)
  if (credits.classNames && !labelsPath) {
    throw new MixflowError('DATA_NOT_FOUND', `${imagesPath} has no labels file beside it`, {
      hint: `expected ${labelsName(basename(imagesPath))}, plain or as .gz, in the same folder`,
    })
  }
  const [images, labels] = await Promise.all([readIdx(imagesPath, 3), labelsPath ? readIdx(labelsPath, 1) : null])
  const [count, height, width] = images.dims as [number, number, number]
  if (labels && labels.dims[0] !== count) {
    const message = `${imagesPath} has ${count} images, its labels file ${labels.dims[0]} labels`
    throw new MixflowError('DATA_INVALID', message, { hint: 'the two files belong to different sets or parts' })
  }
  return createDataset({
    ...{ ...credits, channels: 1, height, width, images: images.data },
    labels: labels && Int32Array.from(labels.data),
    classNames: labels && (credits.classNames ?? numbered(labels.data)),
  })
}

const numbered = (labels: Uint8Array) =>
  Array.from({ length: labels.reduce((most, label) => Math.max(most, label), 0) + 1 }, (_, label) => `${label}`)

const imagesPattern = /images[-.]idx3-ubyte(\.gz)?$/
const labelsName = (imagesName: string) => imagesName.replace(/images([-.])idx3-/, 'labels$1idx1-').replace(/\.gz$/, '')

/** Whether a file name is that of the images file of an idx pair. */
export const isIdxImages = (path: string) => imagesPattern.test(path)

function labelsBeside(imagesPath: string): string | null {
  const plain = join(dirname(imagesPath), labelsName(basename(imagesPath)))
  return [plain, `${plain}.gz`].find(existsSync) ?? null
}

/**
 * The images file of a part, under one of MNIST's names for it.
 *
 * @throws MixflowError DATA_NOT_FOUND
 */
export function findIdxImages(folder: string, split: Split): string {
  const stem = split === 'train' ? 'train' : 't10k'
  const names = ['-', '.'].flatMap(dot => [`${stem}-images${dot}idx3-ubyte`, `${stem}-images${dot}idx3-ubyte.gz`])
  const found = names.map(name => join(folder, name)).find(existsSync)
  if (found) return found
  throw new MixflowError('DATA_NOT_FOUND', `${folder} has no ${names[0]}, plain or as .gz`, {
    hint: `found: ${contents(folder)}`,
  })
}

function contents(folder: string): string {
  try {
    return readdirSync(folder).slice(0, 8).join(', ') || 'nothing'
  } catch {
    return 'nothing (not a folder)'
  }
}

/** Images of the data set inside this package, made by `scripts/make-quickstart.ts`: the first training digits of MNIST. */
export const quickstartCount = 10_000

/** The path is the same from `src/data` and `dist/data`. */
const asset = (name: string) => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url))

export const quickstartPaths = {
  images: asset('quickstart-images-idx3-ubyte.gz'),
  labels: asset('quickstart-labels-idx1-ubyte.gz'),
} as const

/** Reads the embedded digits: 10,000 of 1x28x28, classes 0 to 9. */
export const readQuickstart = (): Promise<Dataset> =>
  readIdxPair(quickstartPaths.images, { ...mnistFacts, name: 'quickstart', split: 'train' })
