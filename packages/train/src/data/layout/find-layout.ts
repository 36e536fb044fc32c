/** Understands how the images of a folder or zip are arranged; see the layouts in this folder. */
import type { Split } from '../dataset.ts'
import { type DataFile, type FileList, type LeftOut, LeftOutFiles } from '../file-list.ts'
import { classFolders, type Remarks } from './class-folders.ts'
import { datasetJson } from './dataset-json.ts'
import { commonFolder, type ImagePath, type Layout, withoutFolder } from './layout.ts'
import { metadataClasses, metadataLabels } from './metadata-files.ts'
import { noTestPart, selectPart } from './select-part.ts'
import { othersReason, sortFiles } from './sort-files.ts'
import { readText } from './text-file.ts'

export interface FoundLayout extends Layout {
  readonly leftOut: readonly LeftOut[]
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[]
}

/** @throws MixflowError DATA_INVALID if the files that describe the set contradict themselves; as `selectPart` */
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

/** A `dataset.json` around all images: in a folder that all of them share. */
const descriptionFile = (files: readonly DataFile[], common: string): DataFile | undefined =>
  files.find(
    ({ name }) => /(^|\/)dataset\.json$/.test(name) && common.startsWith(name.slice(0, -'dataset.json'.length)),
  )
