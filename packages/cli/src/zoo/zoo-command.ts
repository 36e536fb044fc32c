/**
 * `mixflow zoo`: the packages of models in a folder, told in a table; as the list by which `loadModel` finds them by name; and compared in
 * a Markdown file.
 */

import { readRegularText, writeFileDurably } from '@mixflow/files'
import { formatBytes } from '@mixflow/train'
import { linesText } from '../terminal/lines.ts'
import { marksOf, placed } from '../terminal/marked-section.ts'
import { table } from '../terminal/table.ts'
import { readModelPackages } from './model-packages.ts'
import { modelBytes, zooList } from './zoo-list.ts'
import { zooReport } from './zoo-report.ts'

export interface ZooFlags {
  readonly list?: string
  readonly report?: string
}

const marks = marksOf('zoo')

export async function zooCommand(folder: string, { list, report }: ZooFlags): Promise<void> {
  const packages = await readModelPackages(folder)
  const rows = packages.map(model => [
    ...[model.name, `${model.packageName}@${model.version}`, formatBytes(modelBytes(model)), model.manifest.licence],
  ])
  const said = rows.length === 0 ? [`no models in ${folder}`] : table([['name', 'package', 'size', 'licence'], ...rows])
  const write = async (path: string, text: string) => {
    await writeFileDurably(path, text)
    said.push(path)
  }
  if (list !== undefined) await write(list, `${JSON.stringify(zooList(packages), null, 2)}\n`)
  if (report !== undefined) {
    const before = await readRegularText(report).catch(() => `# Models\n\n${marks.begin}\n${marks.end}\n`)
    await write(report, placed(before, { section: zooReport(packages, report), file: report, marks }))
  }
  process.stdout.write(`${linesText(said)}\n`)
}
