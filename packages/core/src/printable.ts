/**
 * Text from elsewhere (names of files, classes and models, messages of servers), shown in a terminal or a log. What would steer the
 * terminal, or change the order in which characters are shown, is written as its escape: `\u001b`.
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
