/** A file that is there in full or not at all: written aside, synced, then renamed. Several processes may write the same. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'

/** @throws MixflowError OUTPUT_DISK; nothing is left behind then */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const aside = join(dirname(path), `.tmp-${randomUUID().slice(0, 8)}-${basename(path)}`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeSynced(aside, content)
    await rename(aside, path)
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {})
    const { code } = cause as NodeJS.ErrnoException
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    throw new MixflowError('OUTPUT_DISK', `${path} cannot be written: ${isFull ? 'the disk is full' : code}`, {
      hint: isFull ? 'free some space, or write to another disk' : 'choose a folder that you may write to',
      details: { path, reason: code },
      cause,
    })
  }
}

async function writeSynced(path: string, content: Uint8Array | string): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(content)
  await file.sync()
}
