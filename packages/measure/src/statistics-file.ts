/**
 * Statistics of a data set's features as a file. Its name and metadata contain everything that the values depend on: the images
 * (name, split, count, size and fingerprint), the network (name and SHA-256) and the preprocessing. All are compared when the
 * file is read, so a renamed or misplaced file is refused.
 */
import { MixflowError } from '@mixflow/core'
import {
  parseSafetensors,
  type StoredTensor,
  storedTensor,
  tensorValues,
  writeSafetensors,
} from '@mixflow/core/internal'
import { readRegularFile, writeFileDurably } from '@mixflow/files'
import { z } from 'zod'
import type { ExtractorDescription } from './extractor.ts'
import type { Gaussian } from './feature-statistics.ts'
import type { ImageSize } from './resize.ts'

const keySchema = z.object({
  data: z.string(),
  split: z.string(),
  count: z.coerce.number().int().min(2),
  /** Channels, height and width of the images before resizing, such as `3x32x32`. */
  size: z.string(),
  /** Hash of the images, from their data set. */
  fingerprint: z.string(),
  extractor: z.string(),
  /** SHA-256 of the network. */
  sha256: z.string(),
  resize: z.string(),
  rounding: z.string(),
})

/** Everything that statistics depend on. */
export type StatisticsKey = Readonly<z.output<typeof keySchema>>

export interface StoredStatistics {
  readonly key: StatisticsKey
  readonly gaussian: Gaussian
}

/** The part of the key that does not depend on the data set. */
export type StepsKey = Pick<StatisticsKey, 'extractor' | 'sha256' | 'resize' | 'rounding' | 'size'>

/** @param size of the images before resizing */
export function stepsKey(
  { name, sha256, resize, rounding, ...input }: ExtractorDescription,
  size: ImageSize,
): StepsKey {
  const isResized = size.height !== input.height || size.width !== input.width
  return {
    extractor: name,
    sha256,
    rounding,
    resize: isResized ? resize : 'none',
    size: `${size.channels}x${size.height}x${size.width}`,
  }
}

/** `cifar10-train-n50000-3x32x32-ResNet56-none-round-1a2b3c4d-e0ced8e8`, ending in parts of fingerprint and SHA-256. */
export function statisticsName(key: StatisticsKey): string {
  const { data, split, count, size, extractor, resize, rounding, fingerprint, sha256 } = key
  const hashes = [fingerprint, sha256].map(hash => hash.slice(0, 8))
  const parts = [data, split, `n${count}`, size, extractor, resize, rounding, ...hashes]
  return parts.map(part => part.replaceAll(/[^\w.-]+/g, '_')).join('-')
}

const metadataSchema = keySchema.extend({ format: z.literal('mixflow-statistics'), version: z.literal('1') })

/** Writes a mean and a covariance with their key, as safetensors. */
export function writeStatistics(path: string, { key, gaussian }: StoredStatistics): Promise<void> {
  const n = gaussian.mean.length
  const { count, ...words } = key
  const bytes = writeSafetensors({
    tensors: { mean: storedTensor(gaussian.mean, [n]), covariance: storedTensor(gaussian.covariance, [n, n]) },
    metadata: { format: 'mixflow-statistics', version: '1', count: String(count), ...words },
  })
  return writeFileDurably(path, bytes)
}

/**
 * @param expected fields of the key that must match
 * @throws MixflowError STATISTICS_INVALID
 */
export async function readStatistics(path: string, expected: Partial<StatisticsKey> = {}): Promise<StoredStatistics> {
  const { tensors, metadata } = await readRegularFile(path)
    .then(bytes => parseSafetensors(bytes))
    .catch(cause => {
      throw invalid(path, `cannot be read: ${(cause as Error).message}`, cause)
    })
  const parsed = metadataSchema.safeParse(Object.fromEntries(metadata))
  if (!parsed.success) throw invalid(path, `has invalid metadata: ${z.prettifyError(parsed.error)}`)
  const { format, version, ...key } = parsed.data
  for (const [name, value] of Object.entries(expected)) {
    const found = key[name as keyof StatisticsKey]
    if (found !== value) throw invalid(path, `has the ${name} ${found}, expected ${value}`)
  }
  return { key, gaussian: gaussianIn(path, tensors) }
}

function gaussianIn(path: string, tensors: ReadonlyMap<string, StoredTensor>): Gaussian {
  const values = (name: string) => {
    const tensor = tensors.get(name)
    if (tensor?.dtype !== 'F64') throw invalid(path, `has no float64 tensor "${name}"`)
    return Float64Array.from(tensorValues(tensor) as Float64Array)
  }
  const gaussian = { mean: values('mean'), covariance: values('covariance') }
  if (gaussian.covariance.length === gaussian.mean.length ** 2) return gaussian
  throw invalid(path, `has a mean of ${gaussian.mean.length} and a covariance of ${gaussian.covariance.length} values`)
}

function invalid(path: string, why: string, cause?: unknown): MixflowError {
  return new MixflowError('STATISTICS_INVALID', `${path} ${why}`, {
    hint: 'delete it: it is computed again when needed',
    details: { path },
    cause,
  })
}
