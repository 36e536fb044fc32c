/** A description of a data set, as a record and as lines of text: its images in memory and, for a folder or zip, its files. */

import { formatCount } from '../progress/format.ts'
import type { Dataset, FilesReport, ImageSize, Split } from './dataset.ts'
import type { ImageFacts } from './decode-image.ts'

export interface DataReport {
  readonly name: string
  readonly split: Split
  readonly images: number
  readonly channels: 1 | 3
  /** Pixels of the images in memory. */
  readonly height: number
  readonly width: number
  /** In the order of their labels; null without classes. */
  readonly classes: readonly { readonly name: string; readonly images: number }[] | null
  /** null unless the set is a folder or zip of images. */
  readonly files: FilesReport | null
}

/** Describes a data set. */
export function dataReport(data: Dataset): DataReport {
  const { name, split, count: images, channels, height, width, labels, classNames, files = null } = data
  const counts = new Array<number>(classNames?.length ?? 0).fill(0)
  for (const label of labels ?? []) counts[label]!++
  const classes = classNames?.map((name, i) => ({ name, images: counts[i]! })) ?? null
  return { name, split, images, channels, height, width, classes, files }
}

/**
 * A report as lines of text.
 *
 * @param most maximum number of names listed of each kind. Default: 3.
 */
export function dataReportLines(report: DataReport, { most = 3 }: { readonly most?: number } = {}): string[] {
  const { images, classes, height, width, channels, files } = report
  const shape = `${width}×${height}, ${channels === 1 ? 'grey' : 'colour'}`
  const first = `${plural(images, 'image')} of ${shape}`
  return [
    classes === null ? `${first}, no classes` : `${first}, ${classesText(classes, files?.layout)}`,
    ...(files === null ? [] : filesReportLines(files, { images, most })),
  ]
}

const plural = (count: number, noun: string) =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : /s$/.test(noun) ? 'es' : 's'}`

function classesText(classes: NonNullable<DataReport['classes']>, layout: string | undefined): string {
  const shown = classes.slice(0, 8).map(({ name, images }) => `${name} ${formatCount(images)}`)
  if (classes.length > shown.length) shown.push(`and ${formatCount(classes.length - shown.length)} more`)
  const by = layout === undefined || layout === 'no classes' ? '' : ` by ${layout}`
  return `${plural(classes.length, 'class')}${by}: ${shown.join(', ')}`
}

/** The lines about files. @param images number of images read */
export function filesReportLines(
  files: FilesReport,
  { images, most = 3 }: { readonly images: number; readonly most?: number },
): string[] {
  const { sizes, smaller, grey, transparent, animated, formats, leftOut, bad, notes } = files
  const sizeText = ({ width, height }: ImageSize) => `${width}×${height}`
  const isOne = sizeText(sizes.min) === sizeText(sizes.max)
  const range = `from ${sizeText(sizes.min)} over ${sizeText(sizes.median)} (median) to ${sizeText(sizes.max)}`
  const facts = [
    `files: ${isOne ? sizeText(sizes.min) : range}`,
    ...(smaller > 0 ? [`${formatCount(smaller)} smaller than the requested size`] : []),
    grey === images
      ? 'grey'
      : grey === 0
        ? 'colour'
        : `${formatCount(images - grey)} in colour and ${formatCount(grey)} grey`,
    ...(transparent > 0 ? [`${formatCount(transparent)} with transparency`] : []),
    ...(animated > 0 ? [`${formatCount(animated)} with several frames (the first is used)`] : []),
    Object.entries(formats)
      .map(([format, count]) => `${formatCount(count)} ${format}`)
      .join(', '),
  ]
  const skipped = bad.map(({ name, reason }) => `${name} (${reason})`)
  return [
    facts.join('; '),
    ...leftOut.map(({ reason, names }) => `left out: ${listed(reason, names, most)}`),
    ...(bad.length > 0 ? [`skipped: ${listed('unreadable images', skipped, Math.min(most, 3))}`] : []),
    ...notes,
  ]
}

function listed(what: string, names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ')
  return `${formatCount(names.length)} ${what}: ${shown}${names.length > most ? `, and ${formatCount(names.length - most)} more` : ''}`
}

interface ReadFiles extends Pick<FilesReport, 'path' | 'layout' | 'leftOut' | 'bad' | 'notes'> {
  readonly images: readonly ImageFacts[]
  /** Edge the images were scaled to; null: not scaled. */
  readonly size: number | null
}

export function filesReport({ images, size, ...found }: ReadFiles): FilesReport {
  const sizes = images
    .map(({ width, height }) => ({ width, height }))
    .sort((a, b) => a.width * a.height - b.width * b.height)
  const formats: Record<string, number> = {}
  for (const { format } of images) formats[format] = (formats[format] ?? 0) + 1
  const count = (is: (image: ImageFacts) => boolean) => images.filter(is).length
  return {
    ...found,
    sizes: { min: sizes[0]!, median: sizes[Math.floor((sizes.length - 1) / 2)]!, max: sizes.at(-1)! },
    smaller: size === null ? 0 : count(({ width, height }) => Math.min(width, height) < size),
    grey: count(image => image.isGrey),
    transparent: count(image => image.isTransparent),
    animated: count(image => image.frames > 1),
    formats,
  }
}
