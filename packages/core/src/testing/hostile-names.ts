/** Names of files, classes and models as somebody hostile would choose them, for tests of whatever shows names. */

export const hostileNames: readonly string[] = [
  'red\u001b[31m',
  'hidden\u001b[8m',
  'c1\u009b2J',
  'back\rover',
  'two\nlines',
  'a\tb',
  'cell|`code`',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '[link](javascript:alert(1))',
  'gpj.\u202efdp',
  '\u2066isolate\u2069',
  'line\u2028separator',
]

/** Matches what no text may hold that shows such a name; a line feed is the text's own. */
export const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
