/**
 * The times at which a fixed-step solver stops. t = 0 is source, t = 1 is data. Equal intervals are what the paper
 * measures with; `power` above 1 makes them shorter near the source, where a learned velocity changes fastest.
 */
import { MixflowError } from '../../errors.ts'

export interface TimeGrid {
  readonly steps: number
  /** Default: 0. */
  readonly from?: number
  /** May be before `from`, to integrate back to the source. Default: 1. */
  readonly to?: number
  /** The times of [0, 1] are (i / steps)^power, 0.1..10. Default: 1 (equal intervals). */
  readonly power?: number
}

/** steps + 1 times, the first and the last exactly `from` and `to`. Back in time they are the same times, reversed. */
export function timeGrid({ steps, from = 0, to = 1, power = 1 }: TimeGrid): readonly number[] {
  checkSteps(steps)
  checkSpan(from, to)
  checkPower(power)
  if (to < from) return [...timeGrid({ steps, from: to, to: from, power })].reverse()
  const part = (i: number) => (power === 1 ? i / steps : (i / steps) ** power)
  return Array.from({ length: steps + 1 }, (_, i) => (i === steps ? to : from + (to - from) * part(i)))
}

export function checkSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= 100_000) return
  throw new MixflowError('ARGUMENT_INVALID', `steps must be an integer in 1..100000, got ${steps}`)
}

export function checkSpan(from: number, to: number): void {
  if (Number.isFinite(from) && Number.isFinite(to) && from !== to) return
  throw new MixflowError('ARGUMENT_INVALID', `from and to must be two different finite times, got ${from} and ${to}`)
}

function checkPower(power: number): void {
  if (typeof power === 'number' && power >= 0.1 && power <= 10) return
  throw new MixflowError('ARGUMENT_INVALID', `gridPower must be a number in 0.1..10, got ${power}`)
}
