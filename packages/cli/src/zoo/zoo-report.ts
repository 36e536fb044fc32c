/** All models of a zoo side by side, as Markdown: one table of what they are, then each with what was measured of it. */

import { dirname, join, relative } from 'node:path'
import { markdownTarget, markdownText } from '@mixflow/core/internal'
import { formatBytes, formatCount, formatDuration } from '@mixflow/train'
import { qualityText } from '../package/quality-text.ts'
import { markdownTable } from '../terminal/markdown-table.ts'
import type { PackagedModel } from './model-packages.ts'
import { modelBytes, zooList } from './zoo-list.ts'

/** @param file the Markdown file that it is for: paths are seen from there */
export function zooReport(packages: readonly PackagedModel[], file: string): string {
  if (packages.length === 0) return 'There are no models here yet.'
  const list = zooList(packages)
  const place = (path: string) => markdownTarget(relative(dirname(file), path).replaceAll('\\', '/'))
  const rows = packages.map(({ name, folder, manifest }, i) => [
    `[${name}](${place(folder)})`,
    picturesWords(manifest),
    formatBytes(modelBytes(packages[i]!)),
    formatCount(manifest.training.parameters),
    formatCount(manifest.training.imagesSeen),
    manifest.training.seconds === undefined ? '' : formatDuration(manifest.training.seconds),
    markdownText(manifest.licence),
    markdownText(list[i]!.baseline ?? ''),
  ])
  const head = ['model', 'pictures', 'size', 'parameters', 'images seen', 'trained for', 'licence', 'twin']
  return [markdownTable(head, rows), ...packages.map(each => section(each, place))].join('\n\n')
}

type Manifest = PackagedModel['manifest']

const picturesWords = ({ image: { channels, height, width }, labels }: Manifest): string =>
  `${channels === 1 ? 'grey' : 'colour'} ${width}×${height}${labels === null ? '' : `, ${formatCount(labels.count)} classes`}`

function section({ name, folder, manifest, quality }: PackagedModel, place: (path: string) => string): string {
  const grid = manifest.files.find(({ role }) => role === 'grid')
  return [
    `## ${name}`,
    ...(manifest.description === undefined ? [] : [markdownText(manifest.description)]),
    ...(grid === undefined ? [] : [`![Pictures of ${name}, not picked](${place(join(folder, grid.path))})`]),
    (quality === null ? '' : qualityText(quality)) || 'Nothing was measured.',
  ].join('\n\n')
}
