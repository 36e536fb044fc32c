/** A generated section of a Markdown file, between two markers; the text around it is kept. */

import { MixflowError } from '@mixflow/core'
import { readRegularText } from '@mixflow/files'

export interface SectionMarks {
  readonly begin: string
  readonly end: string
}

export const sectionMarks = (name: string): SectionMarks => ({
  begin: `<!-- ${name}: what follows is written by the command -->`,
  end: `<!-- /${name} -->`,
})

/** @throws MixflowError ARGUMENT_INVALID where the markers are missing */
export function replaceSection(
  text: string,
  { section, file, marks }: { readonly section: string; readonly file: string; readonly marks: SectionMarks },
): string {
  const [from, to] = [text.indexOf(marks.begin), text.indexOf(marks.end)]
  if (from < 0 || to < from) {
    throw new MixflowError('ARGUMENT_INVALID', `${file} has no markers for the generated section`, {
      hint: ['add these two lines where it should be:', marks.begin, marks.end],
      details: { file },
    })
  }
  return `${text.slice(0, from + marks.begin.length)}\n\n${section}\n\n${text.slice(to)}`
}

/** The text of a file, or that of a new one. */
export const readOrCreate = (file: string, { title, marks }: { title: string; marks: SectionMarks }): Promise<string> =>
  readRegularText(file).catch(() => `# ${title}\n\n${marks.begin}\n${marks.end}\n`)
