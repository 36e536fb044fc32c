import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiler, crash, makeLibrary } from '@mixflow/page/shared-library'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tryDeviceInChild, tryInChild } from './try-device.ts'

describe('a device tested in a child process', () => {
  it('works if the child exits with 0', async () => {
    expect(await tryInChild('', [])).toBeNull()
  })

  it.each([
    ['says no', 'console.log("no " + process.argv[1]); process.exit(3)', 'refused', 'no adapter'],
    ['crashes', 'process.abort()', 'crashed', 'SIGABRT'],
    ['ends the process', 'process.exit(139)', 'crashed', 'exit code 139'],
    ['throws where nobody expects it', 'throw new Error("oh")', 'crashed', 'exit code 1'],
  ])('that %s', async (_, source, reason, text) => {
    expect(await tryInChild(source, ['adapter'])).toMatchObject({ reason, message: expect.stringContaining(text) })
  })

  it('that hangs is given up, and the child is killed', async () => {
    const hung = await tryInChild('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', [], 500)
    expect(hung).toMatchObject({ reason: 'silent', message: expect.stringContaining('0.5 s') })
  })

  it('fails if no process can be started', async () => {
    const { execPath } = process
    process.execPath = '/no/such/node'
    try {
      expect(await tryInChild('', [])).toMatchObject({ reason: 'untried', message: expect.stringContaining('ENOENT') })
    } finally {
      process.execPath = execPath
    }
  })
})

describe('a graph of one node in a child process', () => {
  it('runs', async () => {
    expect(await tryDeviceInChild({ provider: 'cpu' })).toBeNull()
  })

  it.skipIf(process.platform !== 'linux' || compiler === undefined)('runs after libraries were loaded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mixflow-library-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [good, bad] = [
      makeLibrary({ folder, name: 'good', statement: '' }),
      makeLibrary({ folder, name: 'bad', statement: crash }),
    ]
    expect(await tryDeviceInChild({ provider: 'cpu', libraries: [join(folder, 'none.so'), good] })).toBeNull()
    expect(await tryDeviceInChild({ provider: 'cpu', libraries: [good, bad] })).toMatchObject({
      reason: 'crashed',
      message: expect.stringContaining('SIGSEGV'),
    })
  })
})
