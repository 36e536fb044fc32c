/** What is written is whole, and what the disk refuses leaves nothing behind and says where. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { diskError } from './disk-error.ts'
import { makeFolder } from './make-folder.ts'
import { writeFileDurably } from './write-file.ts'
import { writeFolderDurably } from './write-folder.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mixflow-durably-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const bytes = (text: string) => [new TextEncoder().encode(text)]

it('writes files and folders, and replaces them', async () => {
  for (const text of ['old', 'new']) {
    await writeFileDurably(join(root, 'a.txt'), [...bytes(text), ...bytes('!')])
    await writeFolderDurably(join(root, 'b'), new Map([[text, bytes(text)]]))
    expect(await readFile(join(root, 'a.txt'), 'utf8')).toBe(`${text}!`)
    expect(await readdir(join(root, 'b'))).toEqual([text])
  }
  expect((await readdir(root)).sort()).toEqual(['a.txt', 'b'])
})

it('leaves nothing of a file or folder that cannot be written, and keeps the old one', async () => {
  await mkdir(join(root, 'a.txt'))
  await mkdir(join(root, 'b'))
  await writeFile(join(root, 'b', 'old'), 'old')
  const refused = { code: 'OUTPUT_DISK', message: expect.stringContaining(root) }
  await expect(writeFileDurably(join(root, 'a.txt'), bytes('x'))).rejects.toMatchObject(refused)
  const impossible = new Map([['x'.repeat(300), bytes('x')]])
  await expect(writeFolderDurably(join(root, 'b'), impossible)).rejects.toMatchObject(refused)
  expect((await readdir(root)).sort()).toEqual(['a.txt', 'b'])
  expect(await readdir(join(root, 'b'))).toEqual(['old'])
})

it('creates folders, and names the one that it cannot create', async () => {
  await Promise.all([makeFolder(join(root, 'c', 'd')), makeFolder(join(root, 'c', 'd', 'e'))])
  expect(await readdir(join(root, 'c', 'd'))).toEqual(['e'])
  await writeFile(join(root, 'file'), '')
  await expect(makeFolder(join(root, 'file', 'f', 'g'))).rejects.toMatchObject({ code: 'OUTPUT_DISK' })
})

it.skipIf(process.platform !== 'linux')('ends where the file system denies that there is such a folder', async () => {
  await expect(makeFolder('/proc/mixflow/run')).rejects.toMatchObject({ code: 'OUTPUT_DISK' })
})

it('reports a full disk, and passes on errors that are not of the file system', () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' })
  expect(diskError('/x/run', full)).toMatchObject({
    message: '/x/run cannot be written: the disk is full',
    hint: 'free some space, or write to another disk',
  })
  const other = new TypeError('x')
  expect(diskError('/x', other)).toBe(other)
})
