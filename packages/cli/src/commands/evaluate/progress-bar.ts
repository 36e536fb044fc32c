import { formatDuration } from '@mixflow/train'
import { percentText } from '../../terminal/text.ts'

const width = 24

/** @param fraction done, 0..1 @param secondsLeft omitted where undefined or infinite */
export function progressBar(fraction: number, secondsLeft?: number): string {
  const full = Math.min(width, Math.max(0, Math.floor(fraction * width)))
  const left = secondsLeft === undefined || !Number.isFinite(secondsLeft) ? '' : `  ${formatDuration(secondsLeft)} left`
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${percentText(fraction)}${left}`
}
