/** Files from a folder that was dropped or chosen, by their paths in it, and the model that they are. */
import { MixflowError, type ModelPackage, parseManifest } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'

export type FolderFiles = ReadonlyMap<string, File>

/** Folders with more than this are no models; a home folder dropped by mistake is not read to its end. */
const maxFiles = 500

/** @throws MixflowError ARGUMENT_INVALID for too many files */
export async function droppedFiles(items: DataTransferItemList): Promise<FolderFiles> {
  // the list is emptied once the event is over
  const entries = [...items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null)
  const files = new Map<string, File>()
  const visit = async (entry: FileSystemEntry): Promise<void> => {
    if (files.size > maxFiles) throw tooMany()
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      files.set(entry.fullPath.replace(/^\//, ''), file)
    } else for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await visit(child)
  }
  for (const entry of entries) await visit(entry)
  return files
}

/** Browsers tell a folder's entries in parts. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return all
    all.push(...some)
    if (all.length > maxFiles) throw tooMany()
  }
}

export function chosenFiles(list: FileList): FolderFiles {
  if (list.length > maxFiles) throw tooMany()
  return new Map([...list].map(file => [file.webkitRelativePath || file.name, file]))
}

/**
 * The model whose mixflow.json is nearest to the top. Its files get addresses of their own, until `release` is called.
 *
 * @throws MixflowError MODEL_NOT_FOUND, MANIFEST_INVALID
 */
export async function modelOf(files: FolderFiles): Promise<{ readonly model: ModelPackage; release(): void }> {
  const depth = (path: string) => path.split('/').length
  const [path] = [...files.keys()]
    .filter(name => name.split('/').at(-1) === manifestFileName)
    .sort((a, b) => depth(a) - depth(b))
  if (path === undefined) {
    throw new MixflowError('MODEL_NOT_FOUND', `none of the ${files.size} files is a ${manifestFileName}`, {
      hint: 'drop the folder that "mixflow export" wrote: runs/NAME/model',
    })
  }
  const text = await files.get(path)!.text()
  const manifest = parseManifest(text)
  const base = path.slice(0, -manifestFileName.length)
  const addresses = manifest.files.flatMap(entry => {
    const file = files.get(base + entry.path)
    return file === undefined ? [] : [[entry.path, URL.createObjectURL(file)] as const]
  })
  return {
    model: { manifest, files: Object.fromEntries(addresses) },
    release() {
      for (const [, address] of addresses) URL.revokeObjectURL(address)
    },
  }
}

const tooMany = () =>
  new MixflowError('ARGUMENT_INVALID', `the folder holds more than ${maxFiles} files, so it is no model`, {
    hint: 'drop the folder that "mixflow export" wrote: runs/NAME/model',
  })
