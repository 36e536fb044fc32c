/** What was found in a folder or zip of images: for people, for `data.json` in a run, and for programs. */
import type { BadImage } from './bad-images.ts'
import type { ImageFacts } from './decode-image.ts'
import type { LeftOut } from './file-list.ts'

export interface ImageSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

export interface FilesReport {
  readonly path: string
  /** How the files are arranged: `class folders`, `no classes`, `dataset.json`, `labels of the metadata`. */
  readonly layout: string
  /** Sizes of the files' images by area, before they were scaled. */
  readonly sizes: { readonly min: ImageSize; readonly median: ImageSize; readonly max: ImageSize }
  /** Images that were smaller than the wanted size in an edge, and so were enlarged or surrounded. */
  readonly smaller: number
  readonly grey: number
  readonly transparent: number
  /** Animations and files of several pages, of which the first is read. */
  readonly animated: number
  /** Images of each format. */
  readonly formats: Readonly<Record<string, number>>
  readonly leftOut: readonly LeftOut[]
  /** Images that were skipped since they cannot be read. */
  readonly bad: readonly BadImage[]
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[]
}

export interface ReadFiles extends Pick<FilesReport, 'path' | 'layout' | 'leftOut' | 'bad' | 'notes'> {
  readonly images: readonly ImageFacts[]
  /** Edge that they were scaled to; null: kept. */
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
