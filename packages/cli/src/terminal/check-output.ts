/** Checks that an output can be written, before anything is computed. A file is replaced only by one of its own type. */

import { access, constants, stat } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { diskError, openRegularFile } from '@mixflow/files'

const pngSignature = [137, 80, 78, 71, 13, 10, 26, 10]

/** @throws MixflowError ARGUMENT_INVALID for another ending than .png; OUTPUT_EXISTS for a file that is not PNG; OUTPUT_DISK */
export async function checkPngPath(path: string): Promise<void> {
  if (extname(path).toLowerCase() !== '.png') {
    throw new MixflowError('ARGUMENT_INVALID', `${path} does not end in .png`, {
      hint: `for example --out ${basename(path, extname(path)) || 'images'}.png`,
      details: { path },
    })
  }
  await checkFileFolder(path)
  await checkReplaceable(path, { type: 'a PNG file', signature: pngSignature })
}

export const checkFileFolder = (path: string): Promise<void> => checkFolder(dirname(path))

/** @throws MixflowError OUTPUT_EXISTS for a folder, or a file that is not empty and does not start with the signature */
export async function checkReplaceable(
  path: string,
  { type, signature }: { readonly type: string; readonly signature: readonly number[] },
): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null || (found.isFile() && (found.size === 0 || (await startsWith(path, signature))))) return
  const what = found.isFile() ? `exists and is not ${type}` : 'is a folder'
  throw new MixflowError('OUTPUT_EXISTS', `${path} ${what}`, {
    hint: 'choose another name, or move it away',
    details: { path },
  })
}

/** Checks the first existing folder above the path. @throws MixflowError OUTPUT_DISK where it is not writable */
export async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    if (found.code === 'ENOENT' && dirname(folder) !== folder) return checkFolder(dirname(folder))
    throw diskError(folder, found)
  }
  if (!found.isDirectory()) {
    throw new MixflowError('OUTPUT_DISK', `cannot write to ${folder}: it is not a folder`, {
      hint: 'choose a writable folder',
      details: { path: folder },
    })
  }
  await access(folder, constants.W_OK).catch(error => {
    throw diskError(folder, error)
  })
}

async function startsWith(path: string, signature: readonly number[]): Promise<boolean> {
  await using file = await openRegularFile(path)
  const { buffer } = await file.read(new Uint8Array(signature.length))
  return signature.every((byte, i) => buffer[i] === byte)
}
