/**
 * What generated images are compared with: the features of a data set. Mean and covariance are gathered batch by batch in
 * double precision, and kept in a cache under a name that says all that they depend on (statistics-file.ts). The features
 * themselves, which precision, recall and nearest neighbours need, are kept beside them, in single precision as they come.
 *
 * Statistics that come with an extractor are taken where they are of the same images: of a set that is named and not at
 * hand (`cifar10`), by name; of one at hand, by its fingerprint.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseSafetensors, storedTensor, tensorValues, throwIfAborted, writeSafetensors } from '@mixflow/core/internal'
import { readRegularFile, writeFileDurably } from '@mixflow/files'
import { checkSize, type Extractor, type ExtractorDescription } from './extractor.ts'
import {
  type FeatureStatistics,
  type Gaussian,
  gaussianOf,
  mergeStatistics,
  statisticsOf,
} from './feature-statistics.ts'
import type { Rows } from './nearest-neighbours.ts'
import type { ImageSize } from './resize.ts'
import { readStatistics, type StatisticsKey, statisticsName, stepsKey, writeStatistics } from './statistics-file.ts'

/** Images to compare with; a data set of `@mixflow/train` is one. */
export interface ReferenceImages extends ImageSize {
  readonly name: string
  readonly split: string
  readonly count: number
  /** Of pixels and shape. */
  fingerprint(): string
  /** float32 NCHW in [-1, 1]. */
  batch(indices: ArrayLike<number>): { readonly images: Float32Array }
}

export interface Reference {
  readonly key: StatisticsKey
  readonly gaussian: Gaussian
  /** Row i is of image i; where they were asked for. */
  readonly features: Rows | null
}

export interface ReferenceOptions {
  /** Also the features themselves: 4 · count · dimensions bytes. */
  readonly features?: boolean
  /** Folder of statistics that were computed before; null keeps nothing. */
  readonly cacheDir: string | null
  /** Paths of statistics that come with the extractor. */
  readonly statistics?: readonly string[]
  readonly signal?: AbortSignal | undefined
  /** Which share is done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Images whose features are computed between two looks at the signal. */
const chunk = 500

/**
 * Statistics (and features) of all the images.
 *
 * @throws MixflowError ARGUMENT_INVALID for images that the extractor does not take or fewer than two, STATISTICS_INVALID for
 *   a damaged file of the cache, OUTPUT_DISK, ABORTED
 */
export async function referenceOf(
  images: ReferenceImages,
  extractor: Extractor,
  options: ReferenceOptions,
): Promise<Reference> {
  const { cacheDir, features: wantsFeatures = false, statistics = [] } = options
  const { description } = extractor
  checkSize(images, description)
  const key: StatisticsKey = {
    data: images.name,
    split: images.split,
    count: images.count,
    fingerprint: images.fingerprint(),
    ...stepsKey(description, images),
  }
  const path = cacheDir === null ? null : join(cacheDir, `${statisticsName(key)}.safetensors`)
  const featuresPath = path?.replace(/\.safetensors$/, '.features.safetensors') ?? null
  const kept = await keptStatistics(key, path, statistics)
  if (kept !== null && !wantsFeatures) return { key, gaussian: kept, features: null }
  const keptRows = featuresPath === null ? null : await readRows(featuresPath, key, description)
  if (kept !== null && keptRows !== null) return { key, gaussian: kept, features: keptRows }

  const { gaussian, rows } = await computed(images, extractor, options)
  if (path !== null && kept === null) await writeStatistics(path, { key, gaussian })
  if (featuresPath !== null && wantsFeatures) await writeRows(featuresPath, key, rows!)
  return { key, gaussian: kept ?? gaussian, features: rows }
}

/**
 * Statistics of a set by its name alone, of those that come with the extractor, so that the set need not be at hand; null
 * where there are none.
 */
export async function shippedReference(
  set: Pick<StatisticsKey, 'data' | 'split'> & ImageSize,
  description: ExtractorDescription,
  statistics: readonly string[],
): Promise<Reference | null> {
  const steps = stepsKey(description, set)
  for (const path of statistics) {
    const { key, gaussian } = await readStatistics(path)
    const wanted = { data: set.data, split: set.split, ...steps }
    if (Object.entries(wanted).every(([name, value]) => key[name as keyof StatisticsKey] === value)) {
      return { key, gaussian, features: null }
    }
  }
  return null
}

/** Of the cache, or of what comes with the extractor. */
async function keptStatistics(key: StatisticsKey, path: string | null, shipped: readonly string[]) {
  if (path !== null && existsSync(path)) return (await readStatistics(path, key)).gaussian
  // the name of a set may be that of the folder where someone keeps it
  const { data, ...decisive } = key
  for (const each of shipped) {
    const found = await readStatistics(each)
    const isSame = Object.entries(decisive).every(([name, value]) => found.key[name as keyof StatisticsKey] === value)
    if (isSame) return found.gaussian
  }
  return null
}

async function computed(images: ReferenceImages, extractor: Extractor, options: ReferenceOptions) {
  const { features: wantsFeatures = false, signal, onProgress } = options
  const { dimensions } = extractor.description
  const all = wantsFeatures ? new Float32Array(images.count * dimensions) : null
  let statistics: FeatureStatistics | null = null
  for (let from = 0; from < images.count; from += chunk) {
    throwIfAborted(signal)
    const indices = Array.from({ length: Math.min(chunk, images.count - from) }, (_, i) => from + i)
    const { features } = await extractor.extract(images.batch(indices).images, images)
    const own = statisticsOf(features, dimensions)
    statistics = statistics === null ? own : mergeStatistics(statistics, own)
    all?.set(features, from * dimensions)
    onProgress?.((from + indices.length) / images.count)
  }
  return { gaussian: gaussianOf(statistics!), rows: all && { features: all, dimensions } }
}

function writeRows(path: string, key: StatisticsKey, { features, dimensions }: Rows): Promise<void> {
  const tensors = { features: storedTensor(features, [key.count, dimensions]) }
  return writeFileDurably(path, writeSafetensors({ tensors, metadata: { key: JSON.stringify(key) } }))
}

/** @throws MixflowError STATISTICS_INVALID where the file is of something else */
async function readRows(path: string, key: StatisticsKey, { dimensions }: ExtractorDescription): Promise<Rows | null> {
  if (!existsSync(path)) return null
  const { tensors, metadata } = parseSafetensors(await readRegularFile(path), { name: path })
  const tensor = tensors.get('features')
  const isRight = tensor?.dtype === 'F32' && tensor.shape.join() === [key.count, dimensions].join()
  if (isRight && metadata.get('key') === JSON.stringify(key)) {
    return { features: Float32Array.from(tensorValues(tensor) as Float32Array), dimensions }
  }
  throw new MixflowError('STATISTICS_INVALID', `${path} does not hold the features that its name says`, {
    hint: 'delete it: it is computed again when it is needed',
    details: { path },
  })
}
