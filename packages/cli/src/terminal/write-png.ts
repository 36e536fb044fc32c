/** PNG files as results: the folder is made if need be, a file is there whole or not at all, and only a PNG is replaced. */

import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10)

/** @throws MixflowError ARGUMENT_INVALID for another ending than .png, OUTPUT_EXISTS where something else is at the path */
export async function checkPngPath(path: string): Promise<void> {
  if (extname(path).toLowerCase() !== '.png') {
    throw new MixflowError('ARGUMENT_INVALID', `${path} does not end in .png, and pictures are written as PNG`, {
      hint: `for example --out ${basename(path, extname(path)) || 'pictures'}.png`,
      details: { path },
    })
  }
  const there = await stat(path).catch(() => null)
  if (there === null || (there.isFile() && (there.size === 0 || (await isPng(path))))) return
  throw new MixflowError('OUTPUT_EXISTS', `${path} is ${there.isFile() ? 'no PNG' : 'a folder'}: it is left as it is`, {
    hint: 'give another name, or move it away',
    details: { path },
  })
}

async function isPng(path: string): Promise<boolean> {
  await using file = await open(path)
  const { buffer } = await file.read(new Uint8Array(signature.length))
  return signature.every((byte, i) => buffer[i] === byte)
}

export async function writePng(path: string, png: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `.tmp-${process.pid}-${basename(path)}`)
  try {
    await writeFile(temporary, png)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
