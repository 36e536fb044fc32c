/** `mixflow data`: the data sets that have a name, or one data set opened. */

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
import { interruptible } from '../terminal/interruptible.ts'
import { linesText } from '../terminal/lines.ts'
import { table } from '../terminal/table.ts'
import { UsageError } from '../terminal/usage-error.ts'
import { openDataOrList } from './open-data-or-list.ts'

export interface DataFlags {
  readonly split: string
  readonly size?: number
  readonly badImages?: string
  /** A share, 0..1. */
  readonly badImagesLimit?: number
  readonly grid?: string
}

export async function dataCommand(spec: string | undefined, flags: DataFlags): Promise<void> {
  const split: Split = checkWord(flags.split, ['train', 'test'], { what: 'split' })
  if (spec === undefined) {
    if (flags.grid !== undefined) throw new UsageError('--grid of which data set?', 'mixflow data mnist --grid …')
    process.stdout.write(`${listText(await describeData())}\n`)
    return
  }
  await interruptible(async signal => {
    if (flags.grid !== undefined) await checkPngPath(flags.grid)
    const display = progressDisplay(process.stderr)
    const { size, badImages, badImagesLimit } = flags
    const data = await openDataOrList(spec, {
      ...{ split, ...defined({ size, badImages: badImages as BadImageOptions['badImages'], badImagesLimit }) },
      signal,
      onProgress: progress => display.show({ type: 'data', progress }),
    }).finally(() => display.close())
    process.stdout.write(`${factsText(data)}\n`)
    if (flags.grid === undefined) return
    await writeFileDurably(flags.grid, firstPictures(data))
    process.stdout.write(`\n${linesText([`the first pictures: ${flags.grid}`])}\n`)
  })
}

export function listText(sets: readonly DataDescription[]): string {
  const images = ({ train, test }: DataDescription['images']) =>
    test === undefined ? formatCount(train) : `${formatCount(train)} + ${formatCount(test)}`
  return table([
    ['name', 'images', 'size', 'classes', 'licence', 'where', 'what'],
    ...sets.map(set => [
      set.name,
      images(set.images),
      `${set.channels}×${set.height}×${set.width}`,
      String(set.classes),
      set.licence ?? 'not stated',
      placeText(set),
      set.title,
    ]),
  ]).join('\n')
}

function placeText({ where }: DataDescription): string {
  switch (where.state) {
    case 'embedded':
      return 'in this package'
    case 'here':
      return 'here'
    case 'download':
      return `${formatBytes(where.bytes)} to download`
    case 'install':
      return where.command
  }
}

export function factsText(data: Dataset): string {
  const { name, split, count, channels, height, width, licence, attribution } = data
  const facts = [
    ['name', name],
    ['part', split],
    ['images', formatCount(count)],
    ['size', `${channels}×${height}×${width} (${channels === 1 ? 'grey' : 'colour'})`],
    ['licence', licence ?? 'not stated'],
    ['attribution', attribution ?? 'nobody named'],
    ['fingerprint', data.fingerprint()],
    ['classes', data.classNames === null ? 'none' : String(data.classNames.length)],
  ]
  return linesText([...table(facts), ...classLines(data), ...fileLines(data)])
}

function fileLines({ files, count }: Dataset): string[] {
  return files === undefined ? [] : ['', ...filesReportLines(files, { images: count, most: 10 })]
}

/** Each class with its index, its name, how many images it has and, where its name would not do, what `--label` takes. */
function classLines(data: Dataset): string[] {
  const { classes } = dataReport(data)
  if (classes === null) return []
  const known = { count: classes.length, names: classes.map(({ name }) => name) }
  const rows = classes.map(({ name, images }, i) => {
    const word = labelText(i, known)
    return [`  ${i}`, name, formatCount(images), word === name ? '' : `--label ${shellWord(word)}`]
  })
  return table(rows, { right: [0, 2] })
}

const most = 64

function firstPictures(data: Dataset): Uint8Array {
  const indices = Array.from({ length: Math.min(most, data.count) }, (_, i) => i)
  return gridPng(splitImages(data.batch(indices).images, data), { columns: 8 })
}
