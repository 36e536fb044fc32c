/** How the images of a folder or zip are arranged: which belong to the wanted split, and which class each is of. */
import type { DataFile } from '../file-list.ts'

export interface PlacedImage {
  readonly file: DataFile
  /** Index into `classNames`; null where the set has no classes. */
  readonly label: number | null
}

export interface Layout {
  /** What was understood, in a few words: `class folders`. */
  readonly name: string
  readonly images: readonly PlacedImage[]
  /** Null: no classes. */
  readonly classNames: readonly string[] | null
}

/** Images as a layout sees them: `path` is the name without the folders that all share. */
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

/** Folder of the first level that a path is in; null for a file beside such folders. */
export const firstFolder = (path: string): string | null =>
  path.includes('/') ? path.slice(0, path.indexOf('/')) : null

/** Names that look alike (Unicode NFC) are one class. */
export const className = (text: string): string => text.normalize('NFC')

export interface NamedImage {
  readonly file: DataFile
  readonly className: string
}

/** Labels of images whose classes are known by name. `classNames`: in the order of their labels. */
export function withClasses(name: string, images: readonly NamedImage[], classNames: readonly string[]): Layout {
  const labels = new Map(classNames.map((text, i) => [text, i]))
  return { name, images: images.map(image => ({ file: image.file, label: labels.get(image.className)! })), classNames }
}

export const withoutClasses = (name: string, images: readonly ImagePath[]): Layout => ({
  name,
  images: images.map(({ file }) => ({ file, label: null })),
  classNames: null,
})

/** A path without the folder it begins with, if it does. */
export const withoutFolder = (path: string, folder: string): string =>
  path.startsWith(folder) ? path.slice(folder.length) : path
