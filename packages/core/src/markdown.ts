/** Text from elsewhere (names, descriptions, addresses) as part of a line of Markdown: it stays on its line and becomes no markup. */

import { printableName } from './printable.ts'

/** Returns the text with markup, HTML, line breaks, control and bidirectional characters escaped, also for a cell of a table. */
export const markdownText = (text: string): string =>
  printableName(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*[\]|]/g, '\\$&')

/** Returns a path as the target of a link: `[text](target)`. */
export const markdownTarget = (path: string): string =>
  encodeURI(path).replaceAll(/[#?()]/g, character => `%${character.charCodeAt(0).toString(16)}`)

/** Returns the text as a code span, whatever backticks are in it. */
export function markdownCode(text: string): string {
  const ticks = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)))
  const space = /^`|`$/.test(text) ? ' ' : ''
  return ticks + space + printableName(text).replaceAll('|', '\\|') + space + ticks
}
