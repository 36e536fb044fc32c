/** The layout of a folder or zip: the images of the requested part, and their classes. */
import type { DataFile } from '../list-files.ts'

export interface Layout {
  /** Name of the layout: `class folders`. */
  readonly name: string
  /** `label` is an index into `classNames`; null without classes. */
  readonly images: readonly { readonly file: DataFile; readonly label: number | null }[]
  /** null without classes. */
  readonly classNames: readonly string[] | null
}

/** An image file; `path` is its name without the folders that all images share. */
export interface ImagePath {
  readonly path: string
  readonly file: DataFile
}

/** The folders that all paths begin with, such as `photos/`; empty if there are none. */
export function commonFolder(paths: readonly string[]): string {
  const first = paths[0]?.split('/').slice(0, -1) ?? []
  let depth = first.length
  for (const path of paths) {
    const parts = path.split('/')
    while (depth > 0 && (parts.length <= depth || first.slice(0, depth).some((part, i) => part !== parts[i]))) depth--
  }
  return depth === 0 ? '' : `${first.slice(0, depth).join('/')}/`
}

/** First folder of a path; null for a file outside of folders. */
export const firstFolder = (path: string): string | null =>
  path.includes('/') ? path.slice(0, path.indexOf('/')) : null

/** Names with the same Unicode normal form (NFC) are one class. */
export const className = (text: string): string => text.normalize('NFC')

export const othersReason = 'other files'

/** A layout with classes. @param classNames in the order of their labels */
export function withClasses(
  name: string,
  images: readonly { readonly file: DataFile; readonly className: string }[],
  classNames: readonly string[],
): Layout {
  const labels = new Map(classNames.map((text, i) => [text, i]))
  return { name, images: images.map(image => ({ file: image.file, label: labels.get(image.className)! })), classNames }
}

export const withoutClasses = (name: string, images: readonly ImagePath[]): Layout => ({
  name,
  images: images.map(({ file }) => ({ file, label: null })),
  classNames: null,
})

/** A path without a leading folder. */
export const withoutFolder = (path: string, folder: string): string =>
  path.startsWith(folder) ? path.slice(folder.length) : path
