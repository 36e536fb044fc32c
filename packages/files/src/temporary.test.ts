/** What a killed process left is removed by the next one that writes there, and nothing else. */

import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { oldPath, removeLeftovers, temporaryPath } from './temporary.ts'
import { writeFileDurably } from './write-file.ts'
import { writeFolderDurably } from './write-folder.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mixflow-temporary-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const { pid: ended } = spawnSync(process.execPath, ['--version'])
const of = (pid: number, path: string) => temporaryPath(path).replace(`-${process.pid}-`, `-${pid}-`)
const ofHost = (path: string) => temporaryPath(path).replace(/\.[0-9a-f]{8}-/, '.00000000-')

it('removes leftovers of an ended process, and keeps files in use and other files', async () => {
  const path = join(root, 'model.bin')
  const kept = [of(process.ppid, path), temporaryPath(path), ofHost(path), join(root, '.tmp-model.bin'), path]
  const left = [of(ended, path), of(ended, join(root, 'other.name')), temporaryPath(path), ofHost(path)]
  for (const each of [...kept, ...left]) await writeFile(each, '')
  await mkdir(of(ended, join(root, 'folder')))
  for (const each of left.slice(2)) await utimes(each, 1, 1)
  await removeLeftovers(root)
  expect((await readdir(root)).sort()).toEqual(kept.map(each => basename(each)).sort())
})

it('restores what an ended process was about to replace', async () => {
  for (const name of ['kept', 'replaced']) {
    const old = oldPath(of(ended, join(root, name)))
    await mkdir(old)
    await writeFile(join(old, 'file'), 'old')
  }
  await mkdir(join(root, 'replaced'))
  await removeLeftovers(root)
  expect((await readdir(root)).sort()).toEqual(['kept', 'replaced'])
  expect(await readFile(join(root, 'kept', 'file'), 'utf8')).toBe('old')
  expect(await readdir(join(root, 'replaced'))).toEqual([])
})

it('runs at the first write of a process to a folder', async () => {
  await writeFile(of(ended, join(root, 'a')), '')
  await writeFileDurably(join(root, 'b'), 'b')
  expect(await readdir(root)).toEqual(['b'])
  await writeFile(of(ended, join(root, 'a')), '')
  await writeFolderDurably(join(root, 'c'), new Map())
  expect((await readdir(root)).sort()).toEqual(['b', 'c'])
})

it('keeps names within the limit of file systems', async () => {
  for (const name of ['n'.repeat(255), 'ü'.repeat(127)]) {
    await writeFileDurably(join(root, name), name)
    expect(await readFile(join(root, name), 'utf8')).toBe(name)
  }
})
