/** `mixflow zoo`: lists the model packages in a folder, for people, for `loadModel`, and as a comparison in Markdown. */

import { writeFileDurably } from '@mixflow/files'
import { formatBytes } from '@mixflow/train'
import { linesText, print, table } from '../../terminal/text.ts'
import { readOrCreate, replaceSection, sectionMarks } from '../marked-section.ts'
import { readModelPackages } from './model-packages.ts'
import { modelBytes, zooList } from './zoo-list.ts'
import { zooReport } from './zoo-report.ts'

export interface ZooFlags {
  readonly list?: string
  readonly report?: string
}

const marks = sectionMarks('zoo')

export async function zooCommand(folder: string, { list, report }: ZooFlags): Promise<void> {
  const packages = await readModelPackages(folder)
  const rows = packages.map(model => [
    model.name,
    `${model.packageName}@${model.version}`,
    formatBytes(modelBytes(model)),
    model.manifest.licence,
  ])
  const lines =
    rows.length === 0 ? [`no models in ${folder}`] : table([['name', 'package', 'size', 'licence'], ...rows])
  const write = async (path: string, text: string) => {
    await writeFileDurably(path, text)
    lines.push(path)
  }
  if (list !== undefined) await write(list, `${JSON.stringify(zooList(packages), null, 2)}\n`)
  if (report !== undefined) {
    const before = await readOrCreate(report, { title: 'Models', marks })
    await write(report, replaceSection(before, { section: zooReport(packages, report), file: report, marks }))
  }
  print(linesText(lines))
}
