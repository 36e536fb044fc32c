/**
 * The folder of an exported model: the names of its files, and writing it completely or not at all. An absent or empty folder
 * may be written to, and one that holds a model and nothing else with `overwrite`. Any other file (a repository around the
 * model, notes) is never removed.
 */

import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MixflowError, parseManifest } from '@mixflow/core'
import { manifestFileName, throwIfAborted } from '@mixflow/core/internal'
import { diskError, type FileContent, readRegularFile, writeFolderDurably } from '@mixflow/files'
import type { Role } from './graph/network-graph.ts'
import { type Dtype, dtypes } from './graph/onnx-bytes.ts'

export const fileNames = { manifest: manifestFileName, card: 'README.md', grid: 'grid.png' } as const

/** `denoiser.onnx`, `denoiser.fp16.onnx`, … */
export const graphName = (role: Role, dtype: Dtype): string => `${role}${dtype === 'float16' ? '.fp16' : ''}.onnx`

const exportDisk = {
  code: 'EXPORT_DISK',
  hint: 'export to a folder that you may write to',
  hintIfFull: 'export to a disk with more free space',
} as const

/** Returns the absolute path to write to. A link to a folder is followed, so that it stays a link. */
export const outputPath = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

export interface FolderToWrite {
  /** From `outputPath`. */
  readonly path: string
  /** File name (with `/` for subfolders) -> content, in the order of writing. */
  readonly files: ReadonlyMap<string, FileContent>
  readonly overwrite: boolean
  readonly signal?: AbortSignal | undefined
  readonly onFile?: ((done: number) => void) | undefined
}

/** Writes the folder. @throws MixflowError EXPORT_EXISTS, EXPORT_DISK, ABORTED; nothing is left behind then */
export async function writeModelFolder({ path, files, overwrite, signal, onFile }: FolderToWrite): Promise<void> {
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

/**
 * Returns whether there is a folder to replace.
 *
 * @throws MixflowError EXPORT_EXISTS with `details.reason` `not-a-folder`, `not-a-model`, `other-files` or `overwrite`; EXPORT_DISK
 */
export async function checkReplaceable(path: string, { overwrite }: { readonly overwrite: boolean }): Promise<boolean> {
  const info = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw diskError(path, error, exportDisk)
  })
  if (info === null) return false
  if (!info.isDirectory()) throw refuse(path, 'not-a-folder', 'exists and is not a folder')
  const entries = await readdir(path).catch(error => {
    throw diskError(path, error, exportDisk)
  })
  if (entries.length === 0) return true
  if (!entries.includes(manifestFileName)) {
    throw refuse(path, 'not-a-model', `exists and holds other files than a model: ${listed(entries)}`)
  }
  if (!overwrite) {
    throw refuse(path, 'overwrite', 'already holds a model', 'to replace it, pass overwrite: true (--overwrite)')
  }
  const expected = await expectedNames(path)
  const others = entries.filter(name => !expected.has(name))
  if (others.length > 0) throw refuse(path, 'other-files', `holds other files beside a model: ${listed(others)}`)
  return true
}

/** Names of files that an export writes, that file managers add, or that the folder's manifest lists. */
async function expectedNames(path: string): Promise<Set<string>> {
  const graphs = dtypes.flatMap(dtype => [graphName('denoiser', dtype), graphName('encoder', dtype)])
  const names = new Set([...Object.values(fileNames), ...graphs, '.DS_Store', 'Thumbs.db'])
  try {
    const { files } = parseManifest(await readRegularFile(join(path, manifestFileName)))
    for (const file of files) names.add(file.path.split('/')[0] as string)
  } catch {
    // a damaged model may be replaced, too
  }
  return names
}

const listed = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`

function refuse(path: string, reason: string, what: string, hint?: string): MixflowError {
  return new MixflowError('EXPORT_EXISTS', `${path} ${what}`, {
    hint: hint ?? 'choose another folder, or move its files away; nothing was changed',
    details: { path, reason },
  })
}
