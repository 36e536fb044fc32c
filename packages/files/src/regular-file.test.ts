/** Files without an end or content (devices, pipes, sockets) are refused at once. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFailure, readRegularFile, readRegularFileSync, readRegularStart, readRegularText } from './regular-file.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mixflow-regular-'))
})
afterAll(() => rm(root, { recursive: true }))

it('reads a file, also through a link, as bytes in new memory or as text without a byte order mark', async () => {
  const path = join(root, 'file')
  await writeFile(path, '\uFEFF{"ü": 1}')
  await symlink('file', join(root, 'link'))
  for (const read of [readRegularFile, readRegularFileSync]) {
    const bytes = await read(join(root, 'link'))
    expect([bytes.constructor, bytes.byteOffset, bytes.buffer.byteLength]).toEqual([Uint8Array, 0, bytes.length])
    expect(new TextDecoder().decode(bytes)).toBe('{"ü": 1}')
  }
  expect(await readRegularText(path)).toBe('{"ü": 1}')
  expect([...(await readRegularStart(path, 4))]).toEqual([0xef, 0xbb, 0xbf, 0x7b])
  expect(await readRegularStart(path, 1000)).toEqual(await readRegularFile(path))
})

it('passes on system errors', async () => {
  const path = join(root, 'none')
  await expect(readRegularFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(() => readRegularFileSync(path)).toThrow('ENOENT')
})

describe.skipIf(process.platform === 'win32')('is refused, without waiting for a writer', () => {
  const refused = async (path: string, kind: string) => {
    const error = await readRegularFile(path).catch(error => error)
    expect(error).toMatchObject({ code: 'FILE_INVALID', message: `${path} is ${kind}, not a regular file` })
    expect(readFailure(error)).toBe(`it is ${kind}`)
    expect(() => readRegularFileSync(path)).toThrow(`is ${kind}`)
  }

  it('a named pipe, also behind a link', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    await symlink('pipe', join(root, 'link-to-pipe'))
    await refused(join(root, 'pipe'), 'a named pipe')
    await refused(join(root, 'link-to-pipe'), 'a named pipe')
  })

  it('a device', () => refused('/dev/zero', 'a device'))

  it('a folder', async () => {
    await mkdir(join(root, 'folder'))
    await refused(join(root, 'folder'), 'a folder')
  })

  it('a socket', async () => {
    const server = createServer().listen(join(root, 'socket'))
    await once(server, 'listening')
    await refused(join(root, 'socket'), 'a socket')
    server.close()
  })
})
