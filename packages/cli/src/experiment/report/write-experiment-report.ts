/**
 * Tables and pictures of all records of an experiment. The Markdown goes between two marks of a file, whose other text is left as it
 * is, so that what people write about the results stands beside them; pictures lie with the records.
 */

import { dirname, join, relative } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { readRegularText, writeFileDurably } from '@mixflow/files'
import { marksOf, placed } from '../../terminal/marked-section.ts'
import { readExperimentRuns } from '../experiment-run.ts'
import { absentText, groupSection } from './group-section.ts'
import { curvaturePicture, distancePicture } from './pictures.ts'
import { type Group, summarize } from './summary.ts'

export interface ExperimentReportOptions {
  /** Folder with the records. */
  readonly results: string
  /** Markdown file; made if it is not there. */
  readonly file: string
}

const marks = marksOf('few-step')

const newFile = `# Few steps\n\n${marks.begin}\n${marks.end}\n`

/**
 * Paths of what was written.
 *
 * @throws MixflowError ARGUMENT_INVALID where there is no record, or the file has no place for the tables; OUTPUT_DISK
 */
export async function writeExperimentReport({ results, file }: ExperimentReportOptions): Promise<string[]> {
  const groups = summarize(await readExperimentRuns(results))
  if (groups.length === 0) {
    throw new MixflowError('ARGUMENT_INVALID', `there is no result in ${results}`, {
      hint: 'do some runs first: mixflow experiment few-step --data cifar10',
      details: { results },
    })
  }
  const written: string[] = []
  const write = async (path: string, text: string) => {
    await writeFileDurably(path, text)
    written.push(path)
  }
  const sections: string[] = []
  for (const group of groups) {
    const pictures = picturePaths(group, results)
    await write(pictures.distances, distancePicture(group))
    await write(pictures.curvature, curvaturePicture(group))
    const seen = (path: string) => relative(dirname(file), path).replaceAll('\\', '/')
    sections.push(groupSection(group, { distances: seen(pictures.distances), curvature: seen(pictures.curvature) }))
  }
  const before = await readRegularText(file).catch(() => newFile)
  const section = [...sections, absentText(groups)].filter(text => text !== '').join('\n\n')
  await write(file, placed(before, { section, file, marks }))
  return written
}

function picturePaths({ dataName, steps }: Group, results: string) {
  const folder = join(results, `${dataName}-${steps}-steps`)
  return { distances: join(folder, 'distances.svg'), curvature: join(folder, 'curvature.svg') }
}
