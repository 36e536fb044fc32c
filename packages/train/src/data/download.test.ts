import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DownloadRequest, download } from './download.ts'
import { outcome, startChild } from './fixtures/child.ts'
import {
  type FileServer,
  file,
  fileServer,
  forgetProxies,
  part,
  status,
  withoutRanges,
} from './fixtures/file-server.ts'
import type { DataProgress } from './tasks.ts'

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 7) >> 3))
const half = content.length / 2
const other = Buffer.from(content).fill(0, 0, 10)
const sha256 = createHash('sha256').update(content).digest('hex')

let folder: string
let path: string
let server: FileServer
beforeEach(async () => {
  forgetProxies()
  folder = await mkdtemp(join(tmpdir(), 'mixflow-'))
  path = join(folder, 'file.gz')
  server = await fileServer(file(content))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(folder, { recursive: true })
})

const request = (changes: Partial<DownloadRequest> = {}): DownloadRequest => ({
  addresses: [server.address],
  path,
  bytes: content.length,
  sha256,
  pauseMs: 1,
  ...changes,
})
/** The server counts what arrives. */
const onProgress = ({ phase, done }: DataProgress) => phase === 'download' && server.arrived.emit(`${done}`)
const fetched = (changes: Partial<DownloadRequest> = {}) => download(request({ onProgress, ...changes }))
const ranges = () => server.requests.map(({ headers }) => headers.range ?? null)

/** The file is there, whole, and nothing else is. */
async function expectFile() {
  expect(Buffer.compare(await readFile(path), content)).toBe(0)
  expect(await readdir(folder)).toEqual(['file.gz'])
}
async function expectNothing() {
  expect(await readdir(folder)).toEqual([])
}

describe('a download', () => {
  it('fetches, verifies and reports progress', async () => {
    const seen: DataProgress[] = []
    await fetched({ onProgress: progress => seen.push(progress) })
    await expectFile()
    const done = seen.filter(({ phase }) => phase === 'download').map(progress => progress.done)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(done.at(-1)).toBe(content.length)
    expect(seen.at(-1)).toEqual({ phase: 'verify', what: 'file.gz', done: content.length, total: content.length })
  })

  it('is repeated only if the file is missing or damaged', async () => {
    await writeFile(path, content)
    await fetched()
    expect(server.requests).toHaveLength(0)
    await writeFile(path, other)
    await fetched()
    await expectFile()
  })

  it('creates the folder', async () => {
    const deep = join(folder, 'a', 'b', 'file.gz')
    await fetched({ path: deep })
    expect(existsSync(deep)).toBe(true)
  })

  it('follows redirects, with the range', async () => {
    const target = await fileServer(file(content))
    await writeFile(`${path}.part`, content.subarray(0, half))
    server.always = status(302, { location: target.address })
    await fetched()
    await expectFile()
    expect(target.requests[0]!.headers.range).toBe(`bytes=${half}-`)
    await target.close()
  })

  it('uses the proxy of the environment, except for NO_PROXY', async () => {
    const tunnelled: string[] = []
    const proxy = createServer().on('connect', (request, client) => {
      tunnelled.push(request.url!)
      const { hostname, port } = new URL(`http://${request.url}`)
      const target = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        target.pipe(client).pipe(target)
      })
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
    vi.stubEnv('http_proxy', process.env.HTTP_PROXY)
    await fetched()
    await expectFile()
    expect(tunnelled).toEqual([new URL(server.address).host])
    vi.stubEnv('no_proxy', '127.0.0.1')
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    await fetched({ path: join(folder, 'direct.gz') })
    expect(tunnelled).toHaveLength(1)
    proxy.close()
  })

  it('refuses an invalid proxy, and leaves no lock behind', async () => {
    vi.stubEnv('HTTP_PROXY', 'no address')
    vi.stubEnv('http_proxy', 'no address')
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_OFFLINE', message: expect.stringMatching(/PROXY/) })
    await expectNothing()
  })

  it('does not unpack a .gz that the server labels as encoded', async () => {
    server.always = file(content, { 'content-encoding': 'x-gzip' })
    await fetched()
    await expectFile()
  })
})

describe('a broken download', () => {
  it('continues after a lost connection', async () => {
    server.next.push(part(content, half))
    await fetched()
    await expectFile()
    expect(ranges()).toEqual([null, `bytes=${half}-`])
    expect(server.requests[1]!.headers['if-range']).toBe('"1"')
  })

  it('continues after a timeout', async () => {
    server.next.push(part(content, half, { stall: true }))
    await fetched({ idleMs: 1000 })
    await expectFile()
    expect(ranges()).toEqual([null, `bytes=${half}-`])
  })

  it('continues as long as it makes progress', async () => {
    server.always = part(content, 20_000)
    await fetched({ rounds: 2 })
    await expectFile()
    expect(ranges()).toEqual([null, ...Array.from({ length: 14 }, (_, i) => `bytes=${20_000 * (i + 1)}-`)])
  })

  it('fails without progress', async () => {
    server.always = (_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      server.arrived.once(`${half}`, () => response.destroy())
      response.write(content.subarray(0, half))
    }
    await expect(fetched({ rounds: 3 })).rejects.toMatchObject({ code: 'DOWNLOAD_INTERRUPTED' })
    // The first brought half of it, the other three the same half again.
    expect(server.requests).toHaveLength(4)
    expect((await readdir(folder)).sort()).toEqual(['file.gz.part', 'file.gz.part.json'])
  })

  it('restarts if the server does not support ranges', async () => {
    server.next.push(part(content, half))
    server.always = withoutRanges(content)
    await fetched()
    await expectFile()
    expect(server.requests).toHaveLength(2)
  })

  it('restarts if the file has changed on the server', async () => {
    server.next.push(part(other, half))
    server.always = file(content, { etag: '"2"' })
    await fetched()
    await expectFile()
    expect(ranges()).toEqual([null, `bytes=${half}-`])
  })

  it('continues from another address', async () => {
    const mirror = await fileServer(file(content, { etag: '"of the mirror"' }))
    server.next.push(part(content, half))
    server.always = status(500)
    await fetched({ addresses: [server.address, mirror.address] })
    await expectFile()
    expect(mirror.requests[0]!.headers.range).toBe(`bytes=${half}-`)
    expect(mirror.requests[0]!.headers['if-range']).toBeUndefined()
    await mirror.close()
  })

  it('continues the download of another process', async () => {
    await writeFile(`${path}.part`, content.subarray(0, 1000))
    await fetched()
    await expectFile()
    expect(ranges()).toEqual(['bytes=1000-'])
  })

  it('needs no server if all bytes have arrived', async () => {
    await writeFile(`${path}.part`, content)
    await fetched()
    await expectFile()
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    ['damaged', other.subarray(0, half), [`bytes=${half}-`, null]],
    ['damaged and complete', other, [null]],
    ['too long', Buffer.concat([content, content]), [null]],
  ])('starts again if the part is %s', async (_, bytes, asked) => {
    await writeFile(`${path}.part`, bytes)
    await fetched()
    await expectFile()
    expect(ranges()).toEqual(asked)
  })

  it.each([
    ['416', status(416)],
    ['another part', status(206, { 'content-range': `bytes 0-${content.length - 1}/${content.length}` })],
    ['a part without saying which', status(206)],
  ])('starts again if the server answers %s', async (_, answer) => {
    await writeFile(`${path}.part`, content.subarray(0, half))
    server.next.push(answer)
    await fetched()
    await expectFile()
    expect(ranges()).toEqual([`bytes=${half}-`, null])
  })

  it('ignores a damaged record of the part', async () => {
    await writeFile(`${path}.part`, content.subarray(0, half))
    await writeFile(`${path}.part.json`, '{"address":')
    await fetched()
    await expectFile()
  })
})

describe('a wrong file', () => {
  it('is not kept: wrong sha256', async () => {
    server.always = file(other)
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_HASH_MISMATCH', details: { expected: sha256 } })
    expect(server.requests).toHaveLength(1)
    await expectNothing()
  })

  it('is refused before reading: wrong size', async () => {
    server.always = file(content.subarray(1))
    await expect(fetched()).rejects.toMatchObject({
      code: 'DOWNLOAD_SIZE_MISMATCH',
      details: { bytes: 299_999, expected: 300_000 },
    })
    expect(server.requests).toHaveLength(1)
    await expectNothing()
  })

  it('is refused before reading: wrong size of the rest', async () => {
    await writeFile(`${path}.part`, content.subarray(0, half))
    server.always = file(Buffer.concat([content, content]))
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_SIZE_MISMATCH' })
  })

  it('is aborted if it exceeds its size', async () => {
    server.always = (_, response) => {
      response.writeHead(200)
      const more = () => response.write(content, error => error ?? setImmediate(more))
      more()
    }
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_SIZE_MISMATCH', details: { bytes: 'more' } })
    await expectNothing()
  })

  it('is recognised as a web page', async () => {
    server.always = status(200, { 'content-type': 'text/html; charset=utf-8' })
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_NOT_A_FILE' })
    await expectNothing()
  })
})

describe('a server that refuses', () => {
  it.each([
    [404, 'DOWNLOAD_NOT_FOUND'],
    [410, 'DOWNLOAD_NOT_FOUND'],
    [403, 'DOWNLOAD_REFUSED'],
    [416, 'DOWNLOAD_REFUSED'],
  ])('with %i is not asked again', async (code, expected) => {
    server.always = status(code)
    await expect(fetched()).rejects.toMatchObject({ code: expected, details: { status: code } })
    expect(server.requests).toHaveLength(1)
    await expectNothing()
  })

  it.each([500, 503, 429, 408])('with %i is asked again', async code => {
    server.next.push(status(code), status(code))
    await fetched()
    await expectFile()
    expect(server.requests).toHaveLength(3)
  })

  it('repeatedly fails the download', async () => {
    server.always = status(503)
    await expect(fetched({ rounds: 3 })).rejects.toMatchObject({ code: 'DOWNLOAD_REFUSED', details: { status: 503 } })
    expect(server.requests).toHaveLength(3)
  })

  it('by a redirect loop fails the download', async () => {
    server.always = (_, response) => response.writeHead(302, { location: server.address }).end()
    await expect(fetched()).rejects.toMatchObject({ code: 'DOWNLOAD_REFUSED', details: { status: 302 } })
  })

  it('by being unreachable has its own code', async () => {
    await server.close()
    await expect(fetched({ rounds: 2 })).rejects.toMatchObject({ code: 'DOWNLOAD_OFFLINE' })
    await expect(fetched({ addresses: ['http://nowhere.invalid/x'], rounds: 1 })).rejects.toMatchObject({
      code: 'DOWNLOAD_OFFLINE',
    })
    server = await fileServer(file(content))
  })

  it('by not answering has its own code', async () => {
    server.always = () => {}
    await expect(fetched({ rounds: 1, idleMs: 300 })).rejects.toMatchObject({ code: 'DOWNLOAD_INTERRUPTED' })
  })
})

describe('several addresses', () => {
  it('are tried in order', async () => {
    const mirror = await fileServer(file(content))
    server.always = status(404)
    await fetched({ addresses: [server.address, mirror.address] })
    await expectFile()
    expect(mirror.requests).toHaveLength(1)
    await mirror.close()
  })

  it('that fail with one code have that code, else an error that lists them', async () => {
    const mirror = await fileServer(status(404))
    const addresses = [server.address, mirror.address]
    server.always = status(410)
    await expect(fetched({ addresses })).rejects.toMatchObject({ code: 'DOWNLOAD_NOT_FOUND' })
    server.always = file(other)
    await expect(fetched({ addresses })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      hint: expect.stringMatching(/sha256 differs\n.*status 404/),
      details: {
        failures: [
          { address: server.address, code: 'DOWNLOAD_HASH_MISMATCH' },
          { address: mirror.address, code: 'DOWNLOAD_NOT_FOUND' },
        ],
      },
    })
    await mirror.close()
  })

  it('must be at least one', async () => {
    await expect(fetched({ addresses: [] })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('an abort', () => {
  it('keeps the bytes for the next attempt', async () => {
    server.next.push(part(content, half, { stall: true }))
    const stop = new AbortController()
    const onProgress = ({ phase, done }: DataProgress) => phase === 'download' && done === half && stop.abort('enough')
    await expect(fetched({ signal: stop.signal, onProgress, idleMs: 60_000 })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'enough',
    })
    expect((await readdir(folder)).sort()).toEqual(['file.gz.part', 'file.gz.part.json'])
    await fetched()
    await expectFile()
    expect(ranges()).toEqual([null, `bytes=${half}-`])
  })

  it('ends a pause between rounds, or a download before it begins', async () => {
    server.always = status(503)
    const signal = AbortSignal.timeout(50)
    await expect(fetched({ signal, pauseMs: 3_600_000 })).rejects.toMatchObject({ code: 'ABORTED' })
    const asked = server.requests.length
    await expect(fetched({ signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(server.requests).toHaveLength(asked)
  })
})

describe('the disk', () => {
  it.skipIf(!existsSync('/dev/full'))('being full is said, with what to do', async () => {
    await symlink('/dev/full', `${path}.part`)
    await expect(fetched()).rejects.toMatchObject({
      code: 'DOWNLOAD_DISK',
      message: expect.stringContaining('the disk is full'),
      hint: expect.stringContaining('MIXFLOW_CACHE'),
      details: { reason: 'ENOSPC' },
    })
    expect(server.requests).toHaveLength(1)
    await rm(`${path}.part`)
  })

  it('has a file in place of the folder', async () => {
    await writeFile(join(folder, 'taken'), '')
    await expect(fetched({ path: join(folder, 'taken', 'file.gz') })).rejects.toMatchObject({ code: 'DOWNLOAD_DISK' })
    expect(server.requests).toHaveLength(0)
  })
})

describe('concurrent downloads of one file', () => {
  it('in one process fetch it once', async () => {
    const phases = new Set<string>()
    const onProgress = ({ phase }: DataProgress) => phases.add(phase)
    await Promise.all([1, 2, 3, 4].map(() => fetched({ onProgress })))
    await expectFile()
    expect(server.requests).toHaveLength(1)
    expect(phases).toEqual(new Set(['wait', 'download', 'verify']))
  })

  it('in several processes fetch it once, and take over from a killed one', async () => {
    server.next.push(part(content, half, { stall: true }))
    const first = startChild(request({ idleMs: 60_000 }))
    const said = outcome(first)
    while (!existsSync(`${path}.part`)) await new Promise(resolve => setTimeout(resolve, 20))
    const second = startChild(request())
    const third = startChild(request())
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(server.requests).toHaveLength(1)
    first.kill('SIGKILL')
    expect(await Promise.all([outcome(second), outcome(third)])).toEqual(['done', 'done'])
    expect(await said).toBe('')
    await expectFile()
    expect(server.requests).toHaveLength(2)
  })
})
