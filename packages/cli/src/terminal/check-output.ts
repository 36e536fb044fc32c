/** Whether a result can be written at a path, asked before anything is computed; only a PNG is replaced by a PNG. */

import { access, constants, stat } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { diskError, openRegularFile } from '@mixflow/files'

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10)

/**
 * @throws MixflowError ARGUMENT_INVALID for another ending than .png, OUTPUT_EXISTS where something else is at the path,
 *   OUTPUT_DISK where nothing can be written
 */
export async function checkPngPath(path: string): Promise<void> {
  if (extname(path).toLowerCase() !== '.png') {
    throw new MixflowError('ARGUMENT_INVALID', `${path} does not end in .png, and pictures are written as PNG`, {
      hint: `for example --out ${basename(path, extname(path)) || 'pictures'}.png`,
      details: { path },
    })
  }
  await checkFolder(dirname(path))
  const there = await stat(path).catch(() => null)
  if (there === null || (there.isFile() && (there.size === 0 || (await isPng(path))))) return
  throw new MixflowError('OUTPUT_EXISTS', `${path} is ${there.isFile() ? 'no PNG' : 'a folder'}: it is left as it is`, {
    hint: 'give another name, or move it away',
    details: { path },
  })
}

/** Whether a folder can be written to, or be made: the first one above it that is there decides. @throws MixflowError OUTPUT_DISK */
export async function checkFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch((error: NodeJS.ErrnoException) => error)
  if (there instanceof Error) {
    if (there.code === 'ENOENT' && dirname(folder) !== folder) return checkFolder(dirname(folder))
    throw diskError(folder, there)
  }
  if (!there.isDirectory()) {
    throw new MixflowError('OUTPUT_DISK', `${folder} cannot be written to: it is not a folder`, {
      hint: 'choose a folder that you may write to',
      details: { path: folder },
    })
  }
  await access(folder, constants.W_OK).catch(error => {
    throw diskError(folder, error)
  })
}

async function isPng(path: string): Promise<boolean> {
  await using file = await openRegularFile(path)
  const { buffer } = await file.read(new Uint8Array(signature.length))
  return signature.every((byte, i) => buffer[i] === byte)
}
