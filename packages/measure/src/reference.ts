/**
 * The reference that generated images are compared with: features of a data set. Their mean and covariance are cached under a
 * name with everything they depend on (statistics-file.ts). The features themselves, which precision, recall and nearest
 * neighbours need, are cached beside them in single precision.
 *
 * Statistics that come with an extractor are used if they are of the same images, identified by their fingerprint, or by name
 * if the data set is not available (`cifar10`).
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

/** Images to compare with, such as a data set of `@mixflow/train`. */
export interface ReferenceImages extends ImageSize {
  readonly name: string
  readonly split: string
  readonly count: number
  /** A hash of pixels and shape. */
  fingerprint(): string
  /** float32 NCHW in [-1, 1]. */
  batch(indices: ArrayLike<number>): { readonly images: Float32Array }
}

export interface Reference {
  readonly key: StatisticsKey
  readonly gaussian: Gaussian
  /** Row i is of image i; null unless requested. */
  readonly features: Rows | null
}

export interface ReferenceOptions {
  /** Whether to return the features, which take 4 · count · dimensions bytes. Default: false. */
  readonly features?: boolean
  /** Folder of cached statistics; null disables the cache. */
  readonly cacheDir: string | null
  /** Paths of the extractor's statistics files. */
  readonly statistics?: readonly string[]
  readonly signal?: AbortSignal | undefined
  /** Called with the fraction that is done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Images per batch; an abort takes effect between batches. */
const chunk = 500

/**
 * Computes or reads the statistics, and features if requested, of a data set.
 *
 * @throws MixflowError ARGUMENT_INVALID for fewer than two images, or a size that the extractor does not accept;
 *   STATISTICS_INVALID for a damaged file of the cache; OUTPUT_DISK; ABORTED
 */
export async function referenceOf(
  images: ReferenceImages,
  extractor: Extractor,
  options: ReferenceOptions,
): Promise<Reference> {
  const { cacheDir, features: withFeatures = false, statistics = [] } = options
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
  const cached = await findStatistics(key, path, statistics)
  if (cached !== null && !withFeatures) return { key, gaussian: cached, features: null }
  const cachedRows = featuresPath === null ? null : await readRows(featuresPath, key, description)
  if (cached !== null && cachedRows !== null) return { key, gaussian: cached, features: cachedRows }

  const { gaussian, rows } = await computed(images, extractor, options)
  if (path !== null && cached === null) await writeStatistics(path, { key, gaussian })
  if (featuresPath !== null && withFeatures) await writeRows(featuresPath, key, rows!)
  return { key, gaussian: cached ?? gaussian, features: rows }
}

/**
 * Finds the extractor's statistics of a data set by its name, so that the data set need not be available. Returns null if there
 * are none.
 */
export async function shippedReference(
  set: Pick<StatisticsKey, 'data' | 'split'> & ImageSize,
  description: ExtractorDescription,
  statistics: readonly string[],
): Promise<Reference | null> {
  const steps = stepsKey(description, set)
  for (const path of statistics) {
    const { key, gaussian } = await readStatistics(path)
    const expected = { data: set.data, split: set.split, ...steps }
    if (Object.entries(expected).every(([name, value]) => key[name as keyof StatisticsKey] === value)) {
      return { key, gaussian, features: null }
    }
  }
  return null
}

/** Finds statistics in the cache or among the extractor's. */
async function findStatistics(key: StatisticsKey, path: string | null, shipped: readonly string[]) {
  if (path !== null && existsSync(path)) return (await readStatistics(path, key)).gaussian
  // `data` may be the name of a folder, so it is not compared
  const { data, ...decisive } = key
  for (const each of shipped) {
    const found = await readStatistics(each)
    const isSame = Object.entries(decisive).every(([name, value]) => found.key[name as keyof StatisticsKey] === value)
    if (isSame) return found.gaussian
  }
  return null
}

async function computed(images: ReferenceImages, extractor: Extractor, options: ReferenceOptions) {
  const { features: withFeatures = false, signal, onProgress } = options
  const { dimensions } = extractor.description
  const all = withFeatures ? new Float32Array(images.count * dimensions) : null
  let statistics: FeatureStatistics | null = null
  for (let from = 0; from < images.count; from += chunk) {
    throwIfAborted(signal)
    const indices = Array.from({ length: Math.min(chunk, images.count - from) }, (_, i) => from + i)
    const { features } = await extractor.extract(images.batch(indices).images, images)
    const batch = statisticsOf(features, dimensions)
    statistics = statistics === null ? batch : mergeStatistics(statistics, batch)
    all?.set(features, from * dimensions)
    onProgress?.((from + indices.length) / images.count)
  }
  return { gaussian: gaussianOf(statistics!), rows: all && { features: all, dimensions } }
}

function writeRows(path: string, key: StatisticsKey, { features, dimensions }: Rows): Promise<void> {
  const tensors = { features: storedTensor(features, [key.count, dimensions]) }
  return writeFileDurably(path, writeSafetensors({ tensors, metadata: { key: JSON.stringify(key) } }))
}

/** @throws MixflowError STATISTICS_INVALID if the file holds other features */
async function readRows(path: string, key: StatisticsKey, { dimensions }: ExtractorDescription): Promise<Rows | null> {
  if (!existsSync(path)) return null
  const { tensors, metadata } = parseSafetensors(await readRegularFile(path), { name: path })
  const tensor = tensors.get('features')
  const isRight = tensor?.dtype === 'F32' && tensor.shape.join() === [key.count, dimensions].join()
  if (isRight && metadata.get('key') === JSON.stringify(key)) {
    return { features: Float32Array.from(tensorValues(tensor) as Float32Array), dimensions }
  }
  throw new MixflowError('STATISTICS_INVALID', `${path} holds other features than its name states`, {
    hint: 'delete it: it is computed again when needed',
    details: { path },
  })
}
