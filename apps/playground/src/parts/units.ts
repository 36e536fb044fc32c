/** Numbers with units as text. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** In decimal units: 1 kB is 1000 bytes. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${units[power]}`
}

export const formatCount = (count: number): string => count.toLocaleString('en')

/** With two or three digits. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(milliseconds >= 10_000 ? 0 : 1)} s`
  return `${milliseconds.toFixed(milliseconds >= 10 ? 0 : 1)} ms`
}
