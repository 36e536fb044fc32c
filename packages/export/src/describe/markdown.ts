/** The Markdown elements of a model card, with untrusted text escaped. */

import { markdownText, printable } from '@mixflow/core/internal'

/** Returns untrusted text on one line, without markup. */
export const words = (text: string): string => markdownText(text.replaceAll(/\s+/g, ' ').trim())

/** Returns the author's Markdown without HTML, control and bidirectional characters. */
export const authored = (markdown: string): string => printable(markdown).replaceAll('<', '&lt;')

/** Returns a fenced code block for any text; control and bidirectional characters are escaped. */
export function fence(language: string, text: string): string {
  const code = printable(text)
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}${language}\n${code.trim()}\n${ticks}`
}

/** @param rows cells in Markdown */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** The YAML front matter, which model hubs read. JSON values are valid YAML. */
export const frontMatter = (fields: Readonly<Record<string, unknown>>): string =>
  ['---', ...Object.entries(fields).map(([key, value]) => `${key}: ${printable(JSON.stringify(value))}`), '---'].join(
    '\n',
  )

export const count = (value: number): string => value.toLocaleString('en-US')

/** 1,234,567 -> 1.2 MB, in decimal units. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  const [unit, power] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${(bytes / (power as number)).toFixed(1)} ${unit}`
}

/** Two significant digits, such as 3.1e-6. */
export const small = (value: number): string => (value === 0 ? '0' : value.toExponential(1))

export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  return minutes < 100 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`
}
