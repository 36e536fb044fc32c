/** `mixflow zoo`: lists the model packages in a folder, for people, for `loadModel`, and as a comparison in Markdown. */

import { dirname, join, relative } from 'node:path'
import { markdownTarget, markdownText } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import { formatBytes, formatCount, formatDuration } from '@mixflow/train'
import { linesText, markdownTable, print, table } from '../../terminal/text.ts'
import { readOrCreate, replaceSection, sectionMarks } from '../marked-section.ts'
import { qualityText } from '../package/quality-text.ts'
import { modelBytes, type PackagedModel, readModelPackages, zooList } from './model-packages.ts'

const marks = sectionMarks('zoo')

export async function zooCommand(
  folder: string,
  { list, report }: { readonly list?: string; readonly report?: string },
): Promise<void> {
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

/** @param file the Markdown file, which links are relative to */
export function zooReport(packages: readonly PackagedModel[], file: string): string {
  if (packages.length === 0) return 'No models yet.'
  const list = zooList(packages)
  const link = (path: string) => markdownTarget(relative(dirname(file), path).replaceAll('\\', '/'))
  const rows = packages.map(({ name, folder, manifest }, i) => [
    `[${name}](${link(folder)})`,
    imageText(manifest),
    formatBytes(modelBytes(packages[i]!)),
    formatCount(manifest.training.parameters),
    formatCount(manifest.training.imagesSeen),
    manifest.training.seconds === undefined ? '' : formatDuration(manifest.training.seconds),
    markdownText(manifest.licence),
    markdownText(list[i]!.baseline ?? ''),
  ])
  const head = ['model', 'images', 'size', 'parameters', 'images seen', 'trained for', 'licence', 'baseline']
  const nfe =
    'NFE is the number of velocity evaluations per image. With guidance, each evaluation calls the network twice, which the NFE does not count.'
  return [markdownTable(head, rows), nfe, ...packages.map(each => section(each, link))].join('\n\n')
}

type Manifest = PackagedModel['manifest']

const imageText = ({ image: { channels, height, width }, labels }: Manifest): string =>
  `${channels === 1 ? 'greyscale' : 'colour'} ${width}×${height}${labels === null ? '' : `, ${formatCount(labels.count)} classes`}`

function section({ name, folder, manifest, quality }: PackagedModel, link: (path: string) => string): string {
  const grid = manifest.files.find(({ role }) => role === 'grid')
  return [
    `## ${name}`,
    ...(manifest.description === undefined ? [] : [markdownText(manifest.description)]),
    ...(grid === undefined ? [] : [`![Images of ${name}, uncurated](${link(join(folder, grid.path))})`]),
    (quality === null ? '' : qualityText(quality)) || 'Nothing was measured.',
  ].join('\n\n')
}
