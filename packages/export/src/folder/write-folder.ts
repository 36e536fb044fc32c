/** The folder of an exported model, there in full or not at all; nothing that is not a model is ever replaced. */

import { throwIfAborted } from '@mixflow/core/internal'
import { type FileContent, writeFolderDurably } from '@mixflow/files'
import { checkReplaceable, exportDisk } from './replaceable.ts'

export interface FolderToWrite {
  /** As `placeOf` gives it. */
  readonly path: string
  /** File name (with `/` for folders in it) -> content, in the order of writing. */
  readonly files: ReadonlyMap<string, FileContent>
  readonly overwrite: boolean
  readonly signal?: AbortSignal | undefined
  readonly onFile?: ((done: number) => void) | undefined
}

/** @throws MixflowError EXPORT_EXISTS, EXPORT_DISK, ABORTED; nothing is left behind then. */
export async function writeFolder({ path, files, overwrite, signal, onFile }: FolderToWrite): Promise<void> {
  throwIfAborted(signal)
  await writeFolderDurably(path, files, {
    ...exportDisk,
    mayReplace: () => checkReplaceable(path, { overwrite }),
    onFile(done) {
      onFile?.(done)
      throwIfAborted(signal)
    },
  })
}
