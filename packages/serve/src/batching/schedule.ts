/**
 * Decides which job runs next, and how many of its images: as many as fit the batch, since an image depends on its seed and
 * index only. Jobs take turns, part by part, and no part fills more than half of a batch: a small job that arrives late fits
 * beside a large one, or waits for the jobs ahead of it in the queue, and never for all of a large one.
 */
import { MixflowError } from '@mixflow/core'

export interface Job {
  readonly images: number
  /** Rows of an evaluation per image, at most half of the largest batch; 2 with guidance. */
  readonly rowsPerImage: number
  readonly signal: AbortSignal
  /** Samples the images of a part; ends soon after the part's signal is aborted. */
  run(part: Part): Promise<void>
}

export interface Part {
  /** Index of its first image within the job. */
  readonly first: number
  readonly images: number
  /** Aborted when the job's signal is. */
  readonly signal: AbortSignal
}

interface Entry {
  readonly job: Job
  readonly stop: AbortController
  /** Images finished or failed. */
  done: number
  isRunning: boolean
  /** What a part threw, or the abort error. */
  failure?: unknown
  settle(): void
}

export class Schedule {
  readonly #largestBatch: number
  /** Waiting jobs, in order. */
  #queue: Entry[] = []
  #rows = 0
  #images = 0

  /** @param largestBatch rows of one evaluation, 2 or more */
  constructor(largestBatch: number) {
    this.#largestBatch = largestBatch
  }

  /** Images of unfinished jobs. */
  get images(): number {
    return this.#images
  }

  /** Rows of all running parts. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Runs a job part by part. Settles once none of its parts is running.
   *
   * @throws what a part throws, after which no part begins; MixflowError ABORTED
   */
  async add(job: Job): Promise<void> {
    const entry: Entry = { job, stop: new AbortController(), done: 0, isRunning: false, settle: () => {} }
    const settled = new Promise<void>(resolve => {
      entry.settle = resolve
    })
    const onAbort = () => this.#fail(entry, aborted(job.signal))
    this.#images += job.images
    this.#queue.push(entry)
    job.signal.addEventListener('abort', onAbort)
    if (job.signal.aborted) onAbort()
    this.#beginParts()
    await settled
    job.signal.removeEventListener('abort', onAbort)
    this.#images -= job.images
    if ('failure' in entry) throw entry.failure
  }

  /** In order: a job that does not fit blocks those behind it, which could starve it otherwise. */
  #beginParts(): void {
    for (;;) {
      const [entry] = this.#queue
      const images = entry === undefined ? 0 : this.#room(entry)
      if (entry === undefined || images < 1) return
      this.#queue.shift()
      void this.#run(entry, { first: entry.done, images, signal: entry.stop.signal })
    }
  }

  #room({ job, done }: Entry): number {
    const most = Math.max(2, Math.floor(this.#largestBatch / 2))
    const rows = Math.min(this.#largestBatch - this.#rows, most)
    return Math.min(Math.floor(rows / job.rowsPerImage), job.images - done)
  }

  async #run(entry: Entry, part: Part): Promise<void> {
    const rows = part.images * entry.job.rowsPerImage
    this.#rows += rows
    entry.isRunning = true
    try {
      await entry.job.run(part)
    } catch (error) {
      this.#fail(entry, error)
    }
    this.#rows -= rows
    entry.isRunning = false
    entry.done += part.images
    if ('failure' in entry || entry.done === entry.job.images) entry.settle()
    else this.#queue.push(entry)
    this.#beginParts()
  }

  #fail(entry: Entry, error: unknown): void {
    if (!('failure' in entry)) entry.failure = error
    entry.stop.abort(error)
    this.#queue = this.#queue.filter(other => other !== entry)
    if (!entry.isRunning) entry.settle()
    this.#beginParts()
  }
}

const aborted = ({ reason }: AbortSignal) => new MixflowError('ABORTED', 'the job was aborted', { cause: reason })
