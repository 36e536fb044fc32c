/** A part of a Markdown file that a command writes, between two marks; what people write around it stays. */

import { MixflowError } from '@mixflow/core'

export interface Marks {
  readonly begin: string
  readonly end: string
}

export const marksOf = (name: string): Marks => ({
  begin: `<!-- ${name}: what follows is written by the command -->`,
  end: `<!-- /${name} -->`,
})

/** The text between the marks, replaced. @throws MixflowError ARGUMENT_INVALID where the file has them not */
export function placed(
  text: string,
  { section, file, marks }: { readonly section: string; readonly file: string; readonly marks: Marks },
): string {
  const [from, to] = [text.indexOf(marks.begin), text.indexOf(marks.end)]
  if (from < 0 || to < from) {
    throw new MixflowError('ARGUMENT_INVALID', `${file} has no place for the tables`, {
      hint: ['put these two lines where they shall stand:', marks.begin, marks.end],
      details: { file },
    })
  }
  return `${text.slice(0, from + marks.begin.length)}\n\n${section}\n\n${text.slice(to)}`
}
