/** A folder is written in full or not at all, and nothing that is not a model is ever replaced. */

import { spawnSync } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { temporaryPath } from '@mixflow/files'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from './fixtures/tiny-checkpoint.ts'
import { outputPath, writeModelFolder } from './model-folder.ts'

let root: Folder
let path: string
beforeEach(async () => {
  root = await temporaryFolder()
  path = join(root.path, 'model')
})
afterEach(() => root[Symbol.asyncDispose]())

const bytes = (text: string) => new TextEncoder().encode(text)
const files = new Map([
  ['denoiser.onnx', bytes('new graph')],
  ['mixflow.json', bytes('{}')],
])
const write = (more: Partial<Parameters<typeof writeModelFolder>[0]> = {}) =>
  writeModelFolder({ path, files, overwrite: false, ...more })
const refused = (code: string, reason: string) => ({ code, details: { reason } })

async function place(contents: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path)
  for (const [name, text] of Object.entries(contents)) await writeFile(join(path, name), text)
}

async function expectWritten(): Promise<void> {
  expect(await readdir(root.path)).toEqual(['model'])
  expect((await readdir(path)).sort()).toEqual([...files.keys()].sort())
  for (const [name, content] of files) expect(new Uint8Array(await readFile(join(path, name)))).toEqual(content)
}

describe('pieces made when it is their turn', () => {
  test('are written one after the other, in folders too, and a later file may know the earlier', async () => {
    const done: string[] = []
    const pieces = (name: string, texts: readonly string[]) =>
      async function* () {
        for (const text of texts) yield bytes(text)
        done.push(name)
      }
    const late = async function* () {
      yield bytes(done.join())
    }
    await write({
      files: new Map([
        ['sub/one', pieces('one', ['a', 'b'])],
        ['two', pieces('two', [])],
        ['three', late],
      ]),
    })
    const text = (name: string) => readFile(join(path, name), 'utf8')
    expect([await text('sub/one'), await text('two'), await text('three')]).toEqual(['ab', '', 'one,two'])
  })

  test('that fail leave nothing behind', async () => {
    const failing = async function* () {
      yield bytes('a')
      throw new Error('no more')
    }
    await expect(write({ files: new Map([['one', failing]]) })).rejects.toThrow('no more')
    expect(await readdir(root.path)).toEqual([])
  })
})

describe('a place', () => {
  test('that is free is taken, the folders above it included', async () => {
    await write()
    await expectWritten()
    path = join(root.path, 'a', 'b', 'model')
    await write()
    expect((await readdir(path)).sort()).toEqual([...files.keys()].sort())
  })

  test.each([false, true])('that is an empty folder is taken: overwrite %s', async overwrite => {
    await place({})
    await write({ overwrite })
    await expectWritten()
  })

  test('that holds a model is taken on request', async () => {
    await place({ 'mixflow.json': 'damaged', 'denoiser.onnx': 'old graph', 'encoder.onnx': 'old', 'README.md': 'old' })
    await expect(write()).rejects.toMatchObject(refused('EXPORT_EXISTS', 'overwrite'))
    expect(await readFile(join(path, 'denoiser.onnx'), 'utf8')).toBe('old graph')
    await write({ overwrite: true })
    await expectWritten()
  })

  test.each([
    ['not-a-model', { 'notes.txt': 'mine' }],
    ['other-files', { 'mixflow.json': '{}', '.git': 'mine' }],
  ])('that holds something else is left alone: %s', async (reason, contents) => {
    await place(contents)
    for (const overwrite of [false, true]) {
      const code = reason === 'other-files' && !overwrite ? 'overwrite' : reason
      await expect(write({ overwrite })).rejects.toMatchObject(refused('EXPORT_EXISTS', code))
    }
    expect(await readdir(root.path)).toEqual(['model'])
    expect((await readdir(path)).sort()).toEqual(Object.keys(contents).sort())
  })

  test('that is a file is left alone', async () => {
    await writeFile(path, 'mine')
    await expect(write({ overwrite: true })).rejects.toMatchObject(refused('EXPORT_EXISTS', 'not-a-folder'))
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  test('below a file is no place', async () => {
    await writeFile(path, 'mine')
    await expect(write({ path: join(path, 'deep', 'model') })).rejects.toMatchObject({ code: 'EXPORT_DISK' })
    expect(await readdir(root.path)).toEqual(['model'])
  })

  test('behind a link is written, and the link stays', async () => {
    await mkdir(join(root.path, 'disk'))
    await symlink('disk', path)
    await write({ path: await outputPath(path) })
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
    expect((await readdir(join(root.path, 'disk'))).sort()).toEqual([...files.keys()].sort())
  })
})

describe('what ends early leaves nothing', () => {
  test.each([0, 1, 2])('an abort after %i files', async count => {
    const controller = new AbortController()
    if (count === 0) controller.abort()
    const onFile = (done: number) => done === count && controller.abort()
    const options = { path: join(root.path, 'a', 'model'), signal: controller.signal, onFile }
    await expect(write(options)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await readdir(root.path)).toEqual([])
  })

  test('a name that the disk refuses', async () => {
    await place({ 'mixflow.json': '{}', 'README.md': 'old' })
    const impossible = new Map([...files, [`${'x'.repeat(300)}.onnx`, bytes('')]])
    await expect(write({ files: impossible, overwrite: true })).rejects.toMatchObject(
      refused('EXPORT_DISK', 'ENAMETOOLONG'),
    )
    expect(await readdir(root.path)).toEqual(['model'])
    expect(await readFile(join(path, 'README.md'), 'utf8')).toBe('old')
  })

  test('a process that was killed: the next export clears it away', async () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    const of = (owner: number) => basename(temporaryPath(path)).replace(`-${process.pid}-`, `-${owner}-`)
    const gone = [of(pid), `${of(pid)}-old`]
    const kept = [of(process.ppid), '.tmp-model-notes']
    for (const name of [...gone, ...kept]) await mkdir(join(root.path, name, 'deep'), { recursive: true })
    await write()
    expect((await readdir(root.path)).sort()).toEqual([...kept, 'model'].sort())
  })
})

test('of two at once, one is written and the other refused', async () => {
  const outcomes = await Promise.allSettled([write(), write()])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const [error] = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(error).toMatchObject(refused('EXPORT_EXISTS', 'overwrite'))
  await expectWritten()
})
