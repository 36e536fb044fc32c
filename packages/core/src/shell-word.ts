/** Words of commands that are shown to be copied. */

import { printableName } from './printable.ts'

/**
 * Returns a word for a shell, quoted where it must be: as POSIX shells read it, or as `$'…'` of bash and zsh where it has line breaks,
 * control or bidirectional characters.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (printableName(word) === word) return `'${word.replaceAll("'", "'\\''")}'`
  return `$'${printableName(word.replaceAll(/[\\']/g, '\\$&'))}'`
}
