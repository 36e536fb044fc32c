/** The times at which a fixed-step solver stops: `steps` equal intervals. t = 0 is source, t = 1 is data. */
import { MixflowError } from '../errors.ts'

export interface TimeGrid {
  readonly steps: number
  /** 0 unless said. */
  readonly from?: number
  /** 1 unless said; may be before `from`, to integrate back to the source. */
  readonly to?: number
}

/** steps + 1 times, the first and the last exactly `from` and `to`. */
export function uniformGrid({ steps, from = 0, to = 1 }: TimeGrid): readonly number[] {
  checkSteps(steps)
  checkSpan(from, to)
  return Array.from({ length: steps + 1 }, (_, i) => (i === steps ? to : from + (to - from) * (i / steps)))
}

export function checkSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= 100_000) return
  throw new MixflowError('ARGUMENT_INVALID', `steps must be an integer in 1..100000, got ${steps}`)
}

export function checkSpan(from: number, to: number): void {
  if (Number.isFinite(from) && Number.isFinite(to) && from !== to) return
  throw new MixflowError('ARGUMENT_INVALID', `from and to must be two different finite times, got ${from} and ${to}`)
}
