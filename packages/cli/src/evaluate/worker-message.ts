/** What the process that evaluates and those that share its work say to each other. */

import type { ExtractorDescription, Part, ResultOf } from '@mixflow/measure'
import type { GeneratorOptions } from './open-generator.ts'

export interface WorkerTask {
  readonly place: string
  /** Must be what the place turns out to be: it may have changed meanwhile. */
  readonly id: string
  readonly generator: GeneratorOptions
  readonly extractor: { readonly network: Uint8Array; readonly description: ExtractorDescription } | null
}

export type ToWorker =
  | { readonly type: 'open'; readonly task: WorkerTask }
  | { readonly type: 'run'; readonly part: Part }
  | { readonly type: 'abort' }

export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'progress'; readonly fraction: number }
  | { readonly type: 'result'; readonly result: ResultOf<Part> }
  | { readonly type: 'failure'; readonly error: SentError }

export interface SentError {
  readonly code: string
  readonly message: string
  readonly hint?: string
}
