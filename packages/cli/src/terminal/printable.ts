/** What comes from files and addresses must not steer the terminal; the colours of this program stay. */

import { printable as plain } from '@mixflow/core/internal'

/** The codes that picocolors writes for weights and colours of text; none that hides it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const color = /(\u001b\[(?:0|1|2|22|3[0-79]|39|9[0-7])m)/

export const printable = (text: string): string =>
  text
    .split(color)
    .map((part, i) => (i % 2 === 1 ? part : plain(part)))
    .join('')
