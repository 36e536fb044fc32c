/** A model in a folder that the visitor has dropped or chosen. */
import { MixflowError, type ModelPackage, parseManifest } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'

/** Path in the folder -> file. */
export type FolderFiles = ReadonlyMap<string, File>

/** Model folders have fewer files. Stops the traversal of a large folder that was dropped by mistake. */
const maxFiles = 500

/** @throws MixflowError ARGUMENT_INVALID for too many files */
export async function droppedFiles(items: DataTransferItemList): Promise<FolderFiles> {
  // must be read synchronously: the list is empty after the event
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

/** Browsers return the entries of a folder in several parts. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const children: FileSystemEntry[] = []
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return children
    children.push(...part)
    if (children.length > maxFiles) throw tooMany()
  }
}

/** @throws MixflowError ARGUMENT_INVALID for too many files */
export function chosenFiles(list: FileList): FolderFiles {
  if (list.length > maxFiles) throw tooMany()
  return new Map([...list].map(file => [file.webkitRelativePath || file.name, file]))
}

/**
 * Returns the model whose mixflow.json is nearest to the top. Its files have blob URLs until `release` is called.
 *
 * @throws MixflowError MODEL_NOT_FOUND, MANIFEST_INVALID
 */
export async function modelIn(files: FolderFiles): Promise<{ readonly model: ModelPackage; release(): void }> {
  const depth = (path: string) => path.split('/').length
  const [path] = [...files.keys()]
    .filter(name => name.split('/').at(-1) === manifestFileName)
    .sort((a, b) => depth(a) - depth(b))
  if (path === undefined)
    throw new MixflowError('MODEL_NOT_FOUND', `the folder has no ${manifestFileName} among its ${files.size} files`, {
      hint,
    })
  const manifest = parseManifest(await files.get(path)!.text())
  const base = path.slice(0, -manifestFileName.length)
  const urls = manifest.files.flatMap(entry => {
    const file = files.get(base + entry.path)
    return file === undefined ? [] : [[entry.path, URL.createObjectURL(file)] as const]
  })
  return {
    model: { manifest, files: Object.fromEntries(urls) },
    release() {
      for (const [, url] of urls) URL.revokeObjectURL(url)
    },
  }
}

const hint = 'choose a folder that "mixflow export" has written: runs/NAME/model'

const tooMany = () =>
  new MixflowError('ARGUMENT_INVALID', `the folder has more than ${maxFiles} files, which is too many for a model`, {
    hint,
  })
