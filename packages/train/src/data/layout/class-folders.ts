/**
 * Folders as classes, as torchvision's `ImageFolder` has them: the first level below what all images share. Images beside
 * the class folders are left out while the folders hold most images. Where most images lie beside them, or there is one
 * folder only, the folders mean something else, and the set has no classes.
 */
import type { LeftOutFiles } from '../file-list.ts'
import { className, firstFolder, type Layout, withClasses, withoutClasses } from './layout.ts'
import type { SelectedPart } from './select-part.ts'

export interface Remarks {
  readonly leftOut: LeftOutFiles
  /** Sentences for the person whose data it is. */
  readonly notes: string[]
}

/** Classes are those of the training part; images of the wanted part that are of no such class are left out. */
export function classFolders({ images, trainImages }: SelectedPart, { leftOut, notes }: Remarks): Layout {
  const folders = new Set(trainImages.flatMap(({ path }) => firstFolder(path) ?? []))
  const strays = trainImages.filter(({ path }) => firstFolder(path) === null).length
  if (folders.size === 0) return withoutClasses('no classes', images)
  if (strays > 0 && (folders.size < 2 || strays >= trainImages.length / 2)) {
    notes.push(
      `no classes: ${strays} images lie beside ${listed([...folders])} with ${trainImages.length - strays}; ` +
        'for classes, put every image into the folder of its class',
    )
    return withoutClasses('no classes', images)
  }
  const classNames = [...new Set([...folders].map(className))].sort()
  const named = images.flatMap(({ path, file }) => {
    const folder = firstFolder(path)
    if (folder !== null && classNames.includes(className(folder))) return [{ file, className: className(folder) }]
    leftOut.add(
      folder === null ? 'images beside the class folders' : 'images of classes without training images',
      file.name,
    )
    return []
  })
  return withClasses('class folders', named, classNames)
}

function listed(folders: readonly string[]): string {
  const shown = folders
    .slice(0, 3)
    .map(folder => `${folder}/`)
    .join(', ')
  return folders.length > 3 ? `${shown} and ${folders.length - 3} more folders` : shown
}
