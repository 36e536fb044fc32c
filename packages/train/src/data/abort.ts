/** One way to stop: an aborted signal becomes a MixflowError ABORTED with the signal's reason as cause. */
import { MixflowError } from '@mixflow/core'

/** @throws MixflowError ABORTED if the signal has been aborted; `what` is what was stopped, as "reading photos" */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new MixflowError('ABORTED', `${what} was aborted`, { cause: signal.reason })
}
