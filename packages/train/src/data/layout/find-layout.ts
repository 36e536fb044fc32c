/** Detects the layout of a folder or zip: which files are images, which belong to the requested part, and their classes. */

import type { Split } from '../dataset.ts'
import { endingOf, headBytes, kindOfHead, kindOfName } from '../image-format.ts'
import { type DataFile, type FileList, type LeftOut, LeftOutFiles } from '../list-files.ts'
import { inParallel } from '../tasks.ts'
import { classFolders, datasetJson, metadataClasses, metadataLabels, type Remarks, readText } from './labels.ts'
import { commonFolder, type ImagePath, type Layout, othersReason, withoutFolder } from './layout.ts'
import { noTestPart, selectPart } from './select-part.ts'

export interface FoundLayout extends Layout {
  readonly leftOut: readonly LeftOut[]
  /** Remarks for the user, one sentence each. */
  readonly notes: readonly string[]
}

/** @throws MixflowError DATA_INVALID if a `dataset.json` or metadata file is invalid; as `selectPart` */
export async function findLayout(
  list: FileList,
  { path, split }: { readonly path: string; readonly split: Split },
): Promise<FoundLayout> {
  const leftOut = new LeftOutFiles()
  const notes = [...list.notes]
  for (const { reason, names } of list.leftOut) leftOut.add(reason, ...names)
  const files = await sortFiles(list.files, leftOut)
  const common = commonFolder(files.map(({ name }) => name))
  const images = files.map(file => ({ file, path: withoutFolder(file.name, common) }))
  const layout = await layoutOf(list.files, { images, common, remarks: { leftOut, notes }, path, split })
  return { ...layout, leftOut: leftOut.list(), notes }
}

interface Found {
  readonly images: readonly ImagePath[]
  readonly common: string
  readonly remarks: Remarks
  readonly path: string
  readonly split: Split
}

async function layoutOf(files: readonly DataFile[], { images, common, remarks, path, split }: Found): Promise<Layout> {
  const json = descriptionFile(files, common)
  if (json !== undefined) {
    const layout = datasetJson(images, await readText(json), remarks)
    if (layout !== null) {
      remarks.leftOut.remove(othersReason, json.name)
      if (split === 'test') throw noTestPart(path)
      return layout
    }
  }
  const labels = await metadataLabels(files, remarks)
  const parts = selectPart(images, { path, split, leftOut: remarks.leftOut })
  return labels === null
    ? classFolders(parts, remarks)
    : metadataClasses(parts.images, labels, { leftOut: remarks.leftOut, all: images })
}

/** A `dataset.json` in a folder that contains all images. */
const descriptionFile = (files: readonly DataFile[], common: string): DataFile | undefined =>
  files.find(
    ({ name }) => /(^|\/)dataset\.json$/.test(name) && common.startsWith(name.slice(0, -'dataset.json'.length)),
  )

/** Extensions of files that are never images and need not be opened. */
const neverImages = new Set(
  'json jsonl csv tsv txt md html htm xml yaml yml log py ipynb js ts sh ini cfg toml db sqlite npy npz parquet arrow zip gz tar 7z rar mp4 mov avi mkv webm mp3 wav'.split(
    ' ',
  ),
)

/** The images among the files, by extension if it is that of a readable format, else by their first bytes. */
async function sortFiles(files: readonly DataFile[], leftOut: LeftOutFiles): Promise<DataFile[]> {
  const isImage = files.map(({ name }) => kindOfName(name)?.readable ?? false)
  const doubtful = files.flatMap(({ name }, i) => (isImage[i] || neverImages.has(endingOf(name)) ? [] : [i]))
  const heads = new Map<number, Uint8Array>()
  await inParallel(doubtful.length, async n => {
    const i = doubtful[n]!
    // a file that cannot be opened counts by its extension; an image then fails when it is decoded
    heads.set(i, await files[i]!.head(headBytes).catch(() => new Uint8Array(0)))
  })
  return files.filter(({ name }, i) => {
    if (isImage[i]) return true
    const [named, head] = [kindOfName(name), heads.get(i)]
    // a camera raw file is a TIFF whose first image is a small preview
    const kind = (named?.format !== 'camera raw' && head && kindOfHead(head)) || named
    if (kind?.readable) return true
    leftOut.add(kind ? `${kind.format} images, which are not supported` : othersReason, name)
    return false
  })
}
