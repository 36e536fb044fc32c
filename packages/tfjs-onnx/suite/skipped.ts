/**
 * Every spec of tfjs-core that is not run on the onnx backend, with the reason. The run fails if one of them does not
 * exist (any more), so the list cannot outlive its reasons.
 */

export interface SkippedSpec {
  /** The spec's full name, without the backend's. */
  readonly spec: string
  readonly reason: string
}

export const skipped: readonly SkippedSpec[] = []
