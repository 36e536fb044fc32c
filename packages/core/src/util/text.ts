/**
 * Untrusted text (names of files, classes and models; messages of servers) made safe to show in a terminal, a log, a shell command
 * or Markdown.
 */

// C0 but tab and line feed, DEL and C1; marks, embeddings, overrides and isolates of direction; line and paragraph separators
const steering =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Returns the text with control and bidirectional characters escaped; line feeds and tabs stay. */
export const printable = (text: string): string => text.replaceAll(steering, escaped)

/** As `printable`, for what belongs on one line: line feeds and tabs are escaped, too, as `\n` and `\t`. */
export const printableName = (text: string): string => printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')

/**
 * Returns a word for a shell, quoted where it must be: as POSIX shells read it, or as `$'…'` of bash and zsh where it has line breaks,
 * control or bidirectional characters.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (printableName(word) === word) return `'${word.replaceAll("'", "'\\''")}'`
  return `$'${printableName(word.replaceAll(/[\\']/g, '\\$&'))}'`
}

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
