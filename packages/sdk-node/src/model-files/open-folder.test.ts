import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ManifestFile, MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileServer, serveFiles } from '../fixtures/file-server.ts'
import { openFolder } from './open-folder.ts'

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * i)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const file: ManifestFile = { path: 'nets/d.onnx', bytes: bytes.length, sha256, role: 'denoiser', dtype: 'float32' }
const manifest = new TextEncoder().encode('{"any": "text"}')
const files = () => new Map([['mixflow.json', manifest] as const, [file.path, bytes] as const])

let scratch: string
let server: FileServer
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'mixflow-test-'))
  server = await serveFiles(files())
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

const cacheDir = () => join(scratch, 'cache')
const open = (address: string | URL = server.address) => openFolder(address, { cacheDir: cacheDir(), models: [] })

async function cached(): Promise<string[]> {
  const names = await readdir(cacheDir(), { recursive: true, withFileTypes: true }).catch(() => [])
  return names.filter(entry => entry.isFile()).map(entry => entry.name)
}

async function refused(run: Promise<unknown>, code: MixflowErrorCode): Promise<MixflowError> {
  const error = await run.then(
    () => new Error('expected a MixflowError, but nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (!MixflowError.is(error)) throw error
  expect(error.code).toBe(code)
  if (code !== 'ABORTED') expect(error.hint).toBeTruthy()
  return error
}

describe('a folder on disk', () => {
  beforeEach(async () => {
    await mkdir(join(scratch, 'model/nets'), { recursive: true })
    for (const [name, data] of files()) await writeFile(join(scratch, 'model', name), data)
  })

  it('is opened by its path, its manifest, or a file address of either', async () => {
    const path = join(scratch, 'model')
    for (const location of [
      path,
      `${path}/`,
      join(path, 'mixflow.json'),
      pathToFileURL(path),
      pathToFileURL(path).href,
    ]) {
      const folder = await open(location)
      expect(Buffer.compare(await folder.readManifest({}), manifest)).toBe(0)
      expect(Buffer.compare(await folder.readFile(file, {}), bytes)).toBe(0)
    }
  })

  it('that does not exist, or has no manifest', async () => {
    for (const location of [
      join(scratch, 'nowhere'),
      './mnist',
      'ftp://host/m/',
      'http://',
      'file://host/m',
      'file:///a%2Fb',
    ]) {
      const error = await refused(open(location), 'MODEL_NOT_FOUND')
      expect(error.message).toContain(location)
    }
    const error = await refused((await open(scratch)).readManifest({}), 'MODEL_NOT_FOUND')
    expect(error.message).toContain(join(scratch, 'mixflow.json'))
  })

  it.skipIf(process.platform === 'win32')('with a pipe as its manifest, which would block', async () => {
    const pipe = join(scratch, 'mixflow.json')
    execFileSync('mkfifo', [pipe])
    const error = await refused((await open(scratch)).readManifest({}), 'MODEL_NOT_FOUND')
    expect(error.message).toContain('it is a named pipe')
  })

  it('without a file of the manifest', async () => {
    await rm(join(scratch, 'model', file.path))
    const error = await refused((await open(join(scratch, 'model'))).readFile(file, {}), 'MODEL_NOT_FOUND')
    expect(error.message).toContain(join('nets', 'd.onnx'))
  })

  it.each([
    ['cut short', bytes.subarray(0, 1000), 'size'],
    ['with one bit changed', Uint8Array.from(bytes, (byte, i) => (i === 9 ? byte ^ 1 : byte)), 'sha256'],
  ])('with a file %s', async (_, data, reason) => {
    await writeFile(join(scratch, 'model', file.path), data)
    const error = await refused((await open(join(scratch, 'model'))).readFile(file, {}), 'MODEL_HASH_MISMATCH')
    expect(error.details.reason).toBe(reason)
  })
})

describe('an address', () => {
  it('of a folder, with or without slash, or of the manifest', async () => {
    for (const address of [server.address, server.address.slice(0, -1), `${server.address}mixflow.json`]) {
      const folder = await open(address)
      expect(Buffer.compare(await folder.readManifest({}), manifest)).toBe(0)
      expect(Buffer.compare(await folder.readFile(file, {}), bytes)).toBe(0)
      expect(folder.location).toBe(server.address)
    }
  })

  it('has its query in every request, and not in messages', async () => {
    const folder = await open(`${server.address}?token=secret`)
    await folder.readManifest({})
    server.faults.set(file.path, response => response.writeHead(403).end())
    const error = await refused(folder.readFile(file, {}), 'DOWNLOAD_REFUSED')
    expect(server.requests).toEqual(['mixflow.json?token=secret', `${file.path}?token=secret`])
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('secret')
  })

  it('is requested once per file; then the cache is used, for any address', async () => {
    const progress: number[] = []
    await (await open()).readFile(file, { onBytes: n => progress.push(n) })
    expect(progress.at(-1)).toBe(bytes.length)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(await cached()).toEqual([sha256])
    await using other = await serveFiles(new Map())
    const again = await (await open(other.address)).readFile(file, {})
    expect(Buffer.compare(again, bytes)).toBe(0)
    expect([server.requests.length, other.requests.length]).toEqual([1, 0])
  })

  it('is not cached if the cache is disabled', async () => {
    const folder = await openFolder(server.address, { cacheDir: null, models: [] })
    await folder.readFile(file, {})
    await folder.readFile(file, {})
    expect(server.requests.length).toBe(2)
    expect(await cached()).toEqual([])
  })

  it.each([
    ['cut short', bytes.subarray(0, 5)],
    ['changed', bytes.map(byte => byte ^ 255)],
  ])('is asked again where the cached copy was %s', async (_, damaged) => {
    const folder = await open()
    await folder.readFile(file, {})
    const path = join(cacheDir(), 'sha256', sha256.slice(0, 2), sha256)
    await writeFile(path, damaged)
    expect(Buffer.compare(await folder.readFile(file, {}), bytes)).toBe(0)
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0)
    expect(server.requests.length).toBe(2)
  })

  it('downloads a file once for concurrent loads', async () => {
    const folder = await open()
    const copies = await Promise.all(Array.from({ length: 8 }, () => folder.readFile(file, {})))
    for (const copy of copies) expect(Buffer.compare(copy, bytes)).toBe(0)
    expect(await cached()).toEqual([sha256])
    expect(server.requests).toEqual([file.path])
  })

  it('an abort of one load does not stop the others; a failure does not affect later ones', async () => {
    const folder = await openFolder(server.address, { cacheDir: null, models: [] })
    const controller = new AbortController()
    const progress: number[] = []
    const impatient = folder.readFile(file, { signal: controller.signal, onBytes: () => controller.abort() })
    const patient = folder.readFile(file, { onBytes: n => progress.push(n) })
    await refused(impatient, 'ABORTED')
    expect(Buffer.compare(await patient, bytes)).toBe(0)
    expect(progress.at(-1)).toBe(bytes.length)
    server.faults.set(file.path, response => response.writeHead(503).end())
    const failing = [folder.readFile(file, {}), folder.readFile(file, {})]
    for (const read of failing) await refused(read, 'DOWNLOAD_REFUSED')
    server.faults.clear()
    expect(Buffer.compare(await folder.readFile(file, {}), bytes)).toBe(0)
    expect(server.requests.length).toBe(3)
  })

  it('reports a file at the path of the cache', async () => {
    await writeFile(cacheDir(), '')
    await refused((await open()).readFile(file, {}), 'DOWNLOAD_DISK')
    expect(await readFile(cacheDir(), 'utf8')).toBe('')
  })
})

describe('a server with a fault: nothing is cached, and the error names the address', () => {
  const address = () => `${server.address}${file.path}`
  async function faulty(code: MixflowErrorCode): Promise<MixflowError> {
    const error = await refused((await open()).readFile(file, {}), code)
    expect(`${error.message} ${JSON.stringify(error.details)}`).toContain(new URL(address()).host)
    expect(await cached()).toEqual([])
    return error
  }

  it('404', async () => {
    server.faults.set(file.path, response => response.writeHead(404).end('not here'))
    const error = await faulty('DOWNLOAD_NOT_FOUND')
    expect(error.message).toContain(address())
    expect(error.details).toMatchObject({ status: 404, address: address() })
  })

  it.each([401, 403, 500, 503])('status %d', async status => {
    server.faults.set(file.path, response => response.writeHead(status).end())
    expect((await faulty('DOWNLOAD_REFUSED')).details).toMatchObject({ status, address: address() })
  })

  it('a web page with status 200', async () => {
    const page = '<!doctype html><title>Sign in</title>'
    server.faults.set(file.path, response => response.setHeader('content-type', 'text/html; charset=utf-8').end(page))
    expect((await faulty('DOWNLOAD_NOT_A_FILE')).message).toContain(address())
    server.faults.set('mixflow.json', response => response.setHeader('content-type', 'text/plain').end(`\n${page}`))
    await refused((await open()).readManifest({}), 'DOWNLOAD_NOT_A_FILE')
  })

  it('a file cut short', async () => {
    server.faults.set(file.path, response => response.end(bytes.subarray(0, 100_000)))
    const error = await faulty('MODEL_HASH_MISMATCH')
    expect(error.hint).toContain('100,000 of 300,000 bytes')
    expect(error.message).toContain(`nets/d.onnx from ${server.address} has 100,000 bytes`)
  })

  it('a file with other bytes', async () => {
    server.faults.set(file.path, response => response.end(bytes.map(byte => byte ^ 1)))
    expect((await faulty('MODEL_HASH_MISMATCH')).details.reason).toBe('sha256')
  })

  it('an endless file', async () => {
    server.faults.set(file.path, response => {
      const more = () => {
        while (!response.destroyed && response.write(bytes));
      }
      response.on('drain', more)
      more()
    })
    expect((await faulty('MODEL_HASH_MISMATCH')).details.reason).toBe('size')
  })

  it('an endless manifest', async () => {
    server.faults.set('mixflow.json', response => {
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(100_000)));
      }
      response.on('drain', more)
      more()
    })
    const read = await (await open()).readManifest({})
    expect(read.length).toBeLessThan(2 ** 22)
  })

  it('a connection that breaks', async () => {
    server.faults.set(file.path, response => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 50_000), () => response.destroy())
    })
    await faulty('DOWNLOAD_INTERRUPTED')
  })

  /** Sends `part` bytes of what is asked for, then breaks off; a server that knows ranges, or not. */
  const breaking = (part: number, knowsRanges: boolean, data = bytes) =>
    server.faults.set(file.path, response => {
      const { range } = response.req.headers
      const from = knowsRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')?.[1]) : 0
      const rest = data.subarray(from)
      const headers = {
        'content-length': rest.length,
        'content-range': `bytes ${from}-${data.length - 1}/${data.length}`,
      }
      response.writeHead(from > 0 ? 206 : 200, headers)
      const isLast = rest.length <= part || (!knowsRanges && range !== undefined)
      if (isLast) response.end(rest)
      else response.write(rest.subarray(0, part), () => response.destroy())
    })

  it.each([true, false])(
    'a connection that breaks is taken up where it broke; a server that knows ranges: %s',
    async ranges => {
      breaking(90_000, ranges)
      const progress: number[] = []
      const read = await (await open()).readFile(file, { onBytes: n => progress.push(n) })
      expect(Buffer.compare(read, bytes)).toBe(0)
      expect(await cached()).toEqual([sha256])
      expect(server.requests.length).toBe(ranges ? 4 : 2)
      expect(progress.at(-1)).toBe(bytes.length)
    },
  )

  it('a file that is replaced between two parts is downloaded again', async () => {
    breaking(
      90_000,
      true,
      bytes.map(byte => byte ^ 1),
    )
    const faulty = server.faults.get(file.path)!
    let count = 0
    server.faults.set(file.path, (response, content) => {
      if (++count === 1) faulty(response, content)
      else if (response.req.headers.range === undefined) response.end(bytes)
      else response.writeHead(206).end(bytes.subarray(90_000))
    })
    expect(Buffer.compare(await (await open()).readFile(file, {}), bytes)).toBe(0)
    expect(count).toBe(3)
  })

  it.each([
    ['in a circle', () => address(), 'redirect count exceeded'],
    ['to a server that is not there', () => 'http://127.0.0.1:1/d.onnx', /127\.0\.0\.1:\d+ redirects/],
  ])('a server that sends on %s', async (_, location, text) => {
    server.faults.set(file.path, response => response.writeHead(302, { location: location() }).end())
    const error = await refused((await open()).readFile(file, {}), 'DOWNLOAD_REDIRECTED')
    expect(error.message).toMatch(text)
    expect(error.details).toMatchObject({ address: address() })
    expect(await cached()).toEqual([])
  })

  it('no server', async () => {
    const folder = await open()
    await server[Symbol.asyncDispose]()
    const error = await refused(folder.readFile(file, {}), 'DOWNLOAD_OFFLINE')
    expect(error.message).toContain(address())
    expect(error.message).toContain('ECONNREFUSED')
    server = await serveFiles(new Map())
  })

  it('a slow server and an abort: before and during the download, and the connection is closed', async () => {
    const early = new AbortController()
    early.abort('changed my mind')
    const error = await refused((await open()).readFile(file, { signal: early.signal }), 'ABORTED')
    expect(error.cause).toBe('changed my mind')
    expect(server.requests).toEqual([])

    const late = new AbortController()
    const closed = new Promise<void>(resolve => {
      server.faults.set(file.path, response => {
        response.on('close', resolve)
        response.write(bytes.subarray(0, 1000))
      })
    })
    await refused((await open()).readFile(file, { signal: late.signal, onBytes: () => late.abort() }), 'ABORTED')
    await closed
    expect(await cached()).toEqual([])
  })
})
