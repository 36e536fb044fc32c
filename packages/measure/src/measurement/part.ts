/**
 * An evaluation is split into parts: features of a few hundred samples, or the curvature of some trajectories. A part contains
 * everything that its result depends on (image i of a seed is the same in every request), so parts can be computed in any order,
 * by any number of workers, and again after a crash, with the same result.
 *
 * Parts are plain data and results plain arrays, so both can be sent between processes.
 */
import type { SampleRequest } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'

/** Sampling options; the defaults are the model's. */
export type SampleSetting = Pick<
  SampleRequest,
  'solver' | 'nfe' | 'steps' | 'gridPower' | 'tolerance' | 'perImage' | 'guidance' | 'mixtureWeight'
> & {
  /** Class of all images; null for no class. Default: drawn from the seed. */
  readonly label?: number | null
}

/** Images `firstImage` to `firstImage + images − 1` of a seed. */
export interface ImageRange {
  readonly seed: number
  readonly firstImage: number
  readonly images: number
}

export interface SamplesPart extends ImageRange {
  readonly kind: 'samples'
  readonly setting: SampleSetting
  /** Images per batch, on which the steps of an adaptive solver depend. */
  readonly batchSize: number
}

export interface TrajectoriesPart extends ImageRange {
  readonly kind: 'trajectories'
  /** Euler steps. */
  readonly steps: number
  /** Time bins. */
  readonly bins: number
}

export type Part = SamplesPart | TrajectoriesPart

export interface SamplesResult {
  /** float32 [images × dimensions] */
  readonly features: Float32Array
  /** float32 [images × classes] */
  readonly logits: Float32Array | null
  /** The class of each image; null without classes. */
  readonly labels: Int32Array | null
  /** Function evaluations per image. */
  readonly nfe: number
  /** Steps per image. */
  readonly steps: number
}

export interface TrajectoriesResult {
  /** Curvature of each trajectory. */
  readonly perImage: Float64Array
  /** Mean squared distance from the straight path, by time bin. */
  readonly byTime: Float64Array
}

export type ResultOf<P extends Part> = P extends SamplesPart ? SamplesResult : TrajectoriesResult

export interface PartOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with the fraction of the part that is done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Computes parts, one at a time. */
export interface PartWorker {
  run<P extends Part>(part: P, options?: PartOptions): Promise<ResultOf<P>>
}

/** Splits a range into parts of whole batches, a few hundred images each. */
export function splitRange({ seed, firstImage, images }: ImageRange, batchSize: number): ImageRange[] {
  const size = batchSize * Math.max(1, Math.round(imagesPerPart / batchSize))
  return Array.from({ length: Math.ceil(images / size) }, (_, i) => ({
    seed,
    firstImage: firstImage + i * size,
    images: Math.min(size, images - i * size),
  }))
}

const imagesPerPart = 256

export interface Job {
  readonly part: Part
  /** Amount of work, in any unit. */
  readonly weight: number
}

interface RunOptions<J extends Job> {
  readonly workers: readonly PartWorker[]
  readonly signal?: AbortSignal | undefined
  /** Awaited before the worker takes its next part. */
  readonly onResult: (job: J, result: ResultOf<Part>) => Promise<void>
  /** Called with the weight done so far, including fractions of running parts. */
  readonly onProgress?: ((done: number) => void) | undefined
}

/** Distributes parts to workers. The first failure stops all workers, and is thrown once they have ended. */
export async function runParts<J extends Job>(jobs: readonly J[], options: RunOptions<J>): Promise<void> {
  const { workers, signal, onResult, onProgress } = options
  const failure = new AbortController()
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const running = new Map<PartWorker, number>()
  let done = 0
  const report = () => onProgress?.([...running.values()].reduce((sum, weight) => sum + weight, done))
  const queue = jobs.values() // shared by all workers, so each job is taken once

  const work = async (worker: PartWorker): Promise<void> => {
    for (const job of queue) {
      if (failure.signal.aborted) return
      throwIfAborted(signal)
      const watch = (fraction: number) => {
        running.set(worker, fraction * job.weight)
        report()
      }
      const result = await worker.run(job.part, { signal: stop, onProgress: watch })
      await onResult(job, result)
      running.delete(worker)
      done += job.weight
      report()
    }
  }
  await Promise.all(workers.map(worker => work(worker).catch(error => failure.abort(error))))
  if (failure.signal.aborted) throw failure.signal.reason
}
