/**
 * Numbers for people, in terminals and reports: counts with commas, three significant digits, durations in two units. Always in
 * English, whatever the locale. NaN and infinity are a dash.
 */

const unknown = '–'

/** `64000` → `64,000`; rounded to a whole number. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return unknown
  const rounded = Math.round(count) || 0
  return rounded.toLocaleString('en-US')
}

/** Three significant digits: `0.243`, `15.3`, `1,820`; `2.00e-5` for small values. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return unknown
  const size = Math.abs(value)
  if (size >= 999.5) return size < 1e15 ? formatCount(value) : value.toExponential(2)
  return size > 0 && size < 1e-4 ? value.toExponential(2) : value.toPrecision(3)
}

/** A large count in a few characters: `663 thousand`, `55.7 million`; up to 9,999 in full. */
export function formatLarge(count: number): string {
  if (!Number.isFinite(count)) return unknown
  const scales = [
    [1e9, 'billion'],
    [1e6, 'million'],
    [1e3, 'thousand'],
  ] as const
  for (const [i, [scale, word]] of scales.entries()) {
    const digits = Number((count / scale).toPrecision(3))
    if (digits >= 1000 && i > 0) return `1 ${scales[i - 1]![1]}`
    if (count >= 10_000 && digits >= 1) return `${digits} ${word}`
  }
  return formatCount(count)
}

/** Seconds in at most two units: `8.4 s`, `42 s`, `4 min 12 s`, `3 h 5 min`, `2 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return unknown
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** Decimal units: `9.9 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return unknown
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A fraction in 0..1 as whole percent, rounded down, so that 100 % means all. */
export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${Math.floor(Math.min(1, Math.max(0, share)) * 100 + 1e-9)} %` : unknown
}
