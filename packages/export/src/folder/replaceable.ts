/**
 * Whether a model may be written at a path. An empty or absent folder: yes. One that holds a model and nothing else: if
 * `overwrite` says so. Anything more (a repository around the model, somebody's notes) is never removed.
 */

import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MixflowError, parseManifest } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'
import { diskError, readRegularFile } from '@mixflow/files'
import { allNames } from './file-names.ts'

/** What the file system refuses, as an error of the exporter. */
export const exportDisk = {
  code: 'EXPORT_DISK',
  hint: 'export to a folder that you may write to',
  hintIfFull: 'export to a disk with room for it',
} as const

/** The absolute path to write to; a link to a folder is followed, and so stays one. */
export const placeOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

/**
 * Returns whether something is there that has to make room.
 *
 * @throws MixflowError EXPORT_EXISTS; `details.reason`: `not-a-folder`, `not-a-model`, `other-files`, `overwrite`. EXPORT_DISK.
 */
export async function checkReplaceable(path: string, { overwrite }: { readonly overwrite: boolean }): Promise<boolean> {
  const info = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw diskError(path, error, exportDisk)
  })
  if (info === null) return false
  if (!info.isDirectory()) throw refuse(path, 'not-a-folder', 'is there already and is no folder')
  const entries = await readdir(path).catch(error => {
    throw diskError(path, error, exportDisk)
  })
  if (entries.length === 0) return true
  if (!entries.includes(manifestFileName)) {
    throw refuse(path, 'not-a-model', `is there already and holds no model, but ${some(entries)}`)
  }
  if (!overwrite) {
    throw refuse(path, 'overwrite', 'holds a model already', 'to replace it, say overwrite: true (--overwrite)')
  }
  const own = await filesOfModel(path)
  const others = entries.filter(name => !own.has(name))
  if (others.length > 0) throw refuse(path, 'other-files', `holds more than a model: ${some(others)}`)
  return true
}

/** What file managers leave behind. */
const droppings = ['.DS_Store', 'Thumbs.db']

/** Names that the model in this folder accounts for, as far as its manifest can be read. */
async function filesOfModel(path: string): Promise<Set<string>> {
  const own = new Set([...allNames, ...droppings])
  try {
    const { files } = parseManifest(await readRegularFile(join(path, manifestFileName)))
    for (const file of files) own.add(file.path.split('/')[0] as string)
  } catch {
    // a damaged model is replaced, too
  }
  return own
}

const some = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`

function refuse(path: string, reason: string, what: string, hint?: string): MixflowError {
  return new MixflowError('EXPORT_EXISTS', `${path} ${what}`, {
    hint: hint ?? 'nothing was changed: choose another folder, or move away what is there',
    details: { path, reason },
  })
}
