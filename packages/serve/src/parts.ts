/** What the routes share. */

import type { HttpBindings } from '@hono/node-server'
import type { MixflowError } from '@mixflow/core'
import type { ModelRunner } from './batching/model-runner.ts'
import type { Metrics } from './metrics.ts'
import type { ResolvedOptions } from './options.ts'

export interface AppParts {
  readonly runners: ReadonlyMap<string, ModelRunner>
  readonly options: ResolvedOptions
  readonly metrics: Metrics
  /** Whether new requests are refused. */
  isStopping(): boolean
  /** Aborted when running requests must end; its reason is the MixflowError that they fail with. */
  readonly stop: AbortSignal
}

export interface Env {
  Bindings: HttpBindings
  Variables: {
    requestId: string
    /** Facts about a request for images, for the log. */
    facts: Readonly<Record<string, string | number>>
    /** Logs an internal error. */
    report: (error: MixflowError) => void
  }
}
