/** `mixflow data`: lists the built-in data sets, or opens and describes one. */

import { checkWord, defined, labelText, shellWord, splitImages } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import {
  type BadImageOptions,
  type DataDescription,
  type Dataset,
  dataReport,
  describeData,
  filesReportLines,
  formatBytes,
  formatCount,
  gridPng,
  progressDisplay,
  type Split,
} from '@mixflow/train'
import { checkPngPath } from '../terminal/check-output.ts'
import { UsageError } from '../terminal/errors.ts'
import { interruptible } from '../terminal/signals.ts'
import { linesText, print, table } from '../terminal/text.ts'
import { openDataOrList } from './open-data.ts'

export interface DataFlags {
  readonly split: string
  readonly size?: number
  readonly badImages?: string
  /** 0..1 */
  readonly badImagesLimit?: number
  readonly grid?: string
}

export async function dataCommand(spec: string | undefined, flags: DataFlags): Promise<void> {
  const split: Split = checkWord(flags.split, ['train', 'test'], { what: 'split' })
  const { size, badImages, badImagesLimit, grid } = flags
  if (spec === undefined) {
    if (grid !== undefined) throw new UsageError('--grid requires a data set', 'mixflow data mnist --grid digits.png')
    return print(listText(await describeData()))
  }
  await interruptible(async signal => {
    if (grid !== undefined) await checkPngPath(grid)
    const display = progressDisplay(process.stderr)
    const data = await openDataOrList(spec, {
      split,
      ...defined({ size, badImages: badImages as BadImageOptions['badImages'], badImagesLimit }),
      signal,
      onProgress: progress => display.show({ type: 'data', progress }),
    }).finally(() => display.close())
    print(factsText(data))
    if (grid === undefined) return
    const indices = Array.from({ length: Math.min(64, data.count) }, (_, i) => i)
    await writeFileDurably(grid, gridPng(splitImages(data.batch(indices).images, data), { columns: 8 }))
    print(linesText(['', `first images: ${grid}`]))
  })
}

export function listText(sets: readonly DataDescription[]): string {
  const images = ({ train, test }: DataDescription['images']) =>
    test === undefined ? formatCount(train) : `${formatCount(train)} + ${formatCount(test)}`
  return table([
    ['name', 'images', 'size', 'classes', 'licence', 'available', 'description'],
    ...sets.map(set => [
      set.name,
      images(set.images),
      `${set.channels}×${set.height}×${set.width}`,
      String(set.classes),
      set.licence ?? 'unknown',
      availability(set),
      set.title,
    ]),
  ]).join('\n')
}

function availability({ where }: DataDescription): string {
  switch (where.state) {
    case 'embedded':
      return 'built in'
    case 'here':
      return 'downloaded'
    case 'download':
      return `${formatBytes(where.bytes)} download`
    case 'install':
      return where.command
  }
}

export function factsText(data: Dataset): string {
  const { name, split, count, channels, height, width, licence, attribution, files } = data
  return linesText([
    ...table([
      ['name', name],
      ['split', split],
      ['images', formatCount(count)],
      ['size', `${channels}×${height}×${width} (${channels === 1 ? 'greyscale' : 'colour'})`],
      ['licence', licence ?? 'unknown'],
      ['attribution', attribution ?? 'unknown'],
      ['fingerprint', data.fingerprint()],
      ['classes', data.classNames === null ? 'none' : String(data.classNames.length)],
    ]),
    ...classLines(data),
    ...(files === undefined ? [] : ['', ...filesReportLines(files, { images: count, most: 10 })]),
  ])
}

/** Index, name and number of images of each class, and the value of --label where the name is ambiguous. */
function classLines(data: Dataset): string[] {
  const { classes } = dataReport(data)
  if (classes === null) return []
  const labels = { count: classes.length, names: classes.map(({ name }) => name) }
  const rows = classes.map(({ name, images }, i) => {
    const label = labelText(i, labels)
    return [`  ${i}`, name, formatCount(images), label === name ? '' : `--label ${shellWord(label)}`]
  })
  return table(rows, { right: [0, 2] })
}
