/** A bar with its percentage and the time that is left, as one line of text. */

import { formatDuration } from '@mixflow/train'

const width = 24

/**
 * @param fraction done, 0..1
 * @param secondsLeft unknown where undefined
 */
export function progressBar(fraction: number, secondsLeft?: number): string {
  const full = Math.min(width, Math.max(0, Math.floor(fraction * width)))
  const left = secondsLeft === undefined || !Number.isFinite(secondsLeft) ? '' : `  ${formatDuration(secondsLeft)} left`
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(100 * fraction)} %${left}`
}
