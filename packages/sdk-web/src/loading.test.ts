/** Everything that can fail between a URL and a model, in a page: each a typed error, and nothing is cached. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findChromium } from '@mixflow/page'
import { type ModelFiles, smallModel } from '@mixflow/test-model'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, type ModelPage, openModelPage } from './fixtures/model-page.ts'

const executable = findChromium()
const files = await smallModel({ classes: 3 })
const broken = await smallModel({ breaksAfter: 0.4 })
const other = await smallModel({})
const half = await smallModel({ half: true })
const denoiser = files.get('denoiser.onnx')!
const names = ['mixflow.json', 'denoiser.onnx']

interface Refusal {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>
  readonly phases: readonly string[]
}

/** The files with a changed manifest. */
function rewritten(change: (text: string) => string): ModelFiles {
  const manifest = new TextDecoder().decode(files.get('mixflow.json'))
  return new Map([...files, ['mixflow.json', new TextEncoder().encode(change(manifest))]])
}

const models = {
  good: files,
  broken,
  half,
  outside: rewritten(text => text.replace('"path": "denoiser.onnx"', '"path": "../good/denoiser.onnx"')),
  foreign: rewritten(text => text.replace('"path": "denoiser.onnx"', '"path": "https://example.org/denoiser.onnx"')),
  noManifest: new Map([...files, ['mixflow.json', new TextEncoder().encode('{"format": "mixflow-')]]),
  notGraph: withGraph(new TextEncoder().encode('not onnx')),
  halfGraph: withGraph(denoiser.subarray(0, denoiser.length / 2)),
  loops: withGraph(replaced(denoiser, 'Tanh', 'Loop')),
  nonsense: withGraph(replaced(denoiser, 'Conv', 'Gemm')),
  otherGraph: withGraph(other.get('denoiser.onnx')!),
}

function withGraph(bytes: Uint8Array): ModelFiles {
  const digest = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
  const changed = rewritten(text =>
    text
      .replace(digest(denoiser), digest(bytes))
      .replace(new RegExp(`"bytes": ${denoiser.length}\\b`), `"bytes": ${bytes.length}`),
  )
  return new Map([...changed, ['denoiser.onnx', bytes]])
}

/** The bytes with the first occurrence of a word replaced by a word of the same length. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes)
  const at = text.indexOf(from)
  if (at < 0) throw new Error(`there is no ${from}`)
  text.write(to, at)
  return text
}

const send: Fault = (response, bytes) =>
  void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes)

describe.skipIf(executable === null)('loading in a page', () => {
  let open: ModelPage
  beforeAll(async () => {
    open = await openModelPage(executable as string, models)
  })
  afterAll(() => open?.[Symbol.asyncDispose]())
  afterEach(() => open.faults.clear())

  const refusal = (url: string | object, options = {}) =>
    open.call<Refusal>('refusal', { url, options: { device: 'wasm', worker: false, ...options } })

  it.each<[string, string, Fault]>([
    [
      'an HTML error page',
      'DOWNLOAD_NOT_A_FILE',
      response => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['404', 'DOWNLOAD_NOT_FOUND', response => void response.writeHead(404).end()],
    ['500', 'DOWNLOAD_REFUSED', response => void response.writeHead(500).end()],
    [
      'a wrong length',
      'MODEL_HASH_MISMATCH',
      (response, bytes, request) => send(response, Buffer.concat([bytes, bytes]), request),
    ],
    [
      'a file cut short',
      'MODEL_HASH_MISMATCH',
      (response, bytes, request) => send(response, bytes.subarray(0, 99), request),
    ],
    [
      'other bytes of the same length',
      'MODEL_HASH_MISMATCH',
      (response, bytes, request) =>
        send(
          response,
          bytes.map(byte => byte ^ 1),
          request,
        ),
    ],
    [
      'a connection that always breaks at the same byte',
      'DOWNLOAD_INTERRUPTED',
      (response, bytes) => {
        response.writeHead(200, { 'content-length': bytes.length })
        response.write(bytes.subarray(0, 500), () => response.destroy())
      },
    ],
    ['a server that hangs up', 'DOWNLOAD_OFFLINE', response => void response.destroy()],
    [
      'a redirect loop',
      'DOWNLOAD_REDIRECTED',
      response => response.writeHead(302, { location: '/m/good/denoiser.onnx' }).end(),
    ],
  ])('%s is %s, and nothing is cached', async (_, code, fault) => {
    open.faults.set('good/denoiser.onnx', fault)
    for (const worker of [false, true]) {
      const found = await refusal('/m/good/', { worker })
      expect(found.code).toBe(code)
      expect(`${found.message} ${JSON.stringify(found.details)}`).toMatch(/127\.0\.0\.1:\d+\/m\/good/)
      expect(found.hint.length).toBeGreaterThan(10)
      expect(found.phases).not.toContain('session')
      expect(await open.call('cached')).toEqual([])
    }
  })

  it('a model package loads from URLs of the page and from blob URLs', async () => {
    const manifest = JSON.parse(new TextDecoder().decode(files.get('mixflow.json')))
    const sampled = (url: object | string, options = {}) =>
      open.call<{ images: number[][] }>('sample', { url, options: { device: 'wasm', ...options } }, { seed: 1 })
    const { images } = await sampled('/m/good/', { worker: false })
    const packaged = { manifest, files: { 'denoiser.onnx': '/m/good/denoiser.onnx' } }
    for (const worker of [false, true]) expect((await sampled(packaged, { worker })).images).toEqual(images)
    const blob = { manifest, files: { 'denoiser.onnx': await open.call<string>('blobOf', '/m/good/denoiser.onnx') } }
    for (const worker of [false, true]) expect((await sampled(blob, { worker, cache: null })).images).toEqual(images)

    open.faults.set('good/denoiser.onnx', (response, bytes, request) =>
      send(
        response,
        bytes.map(byte => byte ^ 1),
        request,
      ),
    )
    expect((await refusal(packaged, { cache: null })).code).toBe('MODEL_HASH_MISMATCH')
    expect((await refusal({ manifest, files: {} })).code).toBe('MODEL_NOT_FOUND')
    expect(await refusal({ manifest, files: { 'denoiser.onnx': 'file:///denoiser.onnx' } })).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'a page cannot fetch the URL of denoiser.onnx: "file:///denoiser.onnx"',
    })
    await open.call('clear')
  })

  it.each<[string, string, string, RegExp]>([
    ['that leaves its folder', 'outside', 'MANIFEST_INVALID', /plain path inside the folder/],
    ['of another server', 'foreign', 'MANIFEST_INVALID', /plain path inside the folder/],
    ['that is half a manifest', 'noManifest', 'MANIFEST_INVALID', /mixflow\.json/],
    ['that is half a graph', 'halfGraph', 'MODEL_INVALID', /is no ONNX model/],
    ['that loops', 'loops', 'MODEL_INVALID', /operators that are not allowed: Loop/],
    ['that is no graph', 'notGraph', 'MODEL_INVALID', /is no ONNX model/],
    ['with other inputs', 'otherGraph', 'MODEL_INVALID', /has the inputs t float32/],
    ['that does not exist', 'nothing', 'DOWNLOAD_NOT_FOUND', /was not found/],
  ])('a file %s is refused before the runtime starts', async (_, name, code, why) => {
    const found = await refusal(`/m/${name}/`)
    expect(found).toMatchObject({ code, message: expect.stringMatching(why) })
    expect(found.phases).not.toContain('session')
  })

  it('a graph that only ONNX Runtime finds invalid is MODEL_INVALID, and other models still load', async () => {
    for (const worker of [false, true]) {
      const found = await refusal('/m/nonsense/', { worker })
      expect(found).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/denoiser\.onnx/) })
      expect((await refusal('/m/good/', { worker })).code).toBe('none')
    }
  })

  it('a server without CORS is DOWNLOAD_CROSS_ORIGIN, an address without a server DOWNLOAD_OFFLINE', async () => {
    const server = createServer((_, response) => response.end('{}'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m/`
    expect(await refusal(address)).toMatchObject({
      code: 'DOWNLOAD_CROSS_ORIGIN',
      details: { address: `${address}mixflow.json` },
    })
    await new Promise(resolve => server.close(resolve))
    expect(await refusal(address)).toMatchObject({ code: 'DOWNLOAD_OFFLINE' })
  })

  it('offline', async () => {
    await open.page.context().setOffline(true)
    try {
      expect((await refusal('/m/good/')).code).toBe('DOWNLOAD_OFFLINE')
    } finally {
      await open.page.context().setOffline(false)
    }
  })

  it.each<[string, object, string]>([
    ['an unknown option', { devise: 'wasm' }, 'ARGUMENT_INVALID'],
    ['an unknown device', { device: 'gpu' }, 'ARGUMENT_INVALID'],
    ['a precision that the model does not have', { dtype: 'float16' }, 'ARGUMENT_INVALID'],
    ['a cache without methods', { cache: {} }, 'ARGUMENT_INVALID'],
  ])('%s is refused', async (_, options, code) => {
    expect((await refusal('/m/good/', options)).code).toBe(code)
  })

  it('a broken connection resumes at the byte where it broke', async () => {
    const ranges: unknown[] = []
    open.faults.set('good/denoiser.onnx', (response, bytes, { headers: { range } }) => {
      ranges.push(range)
      if (range !== undefined) {
        response
          .writeHead(206, { 'content-range': `bytes 500-${bytes.length - 1}/${bytes.length}` })
          .end(bytes.subarray(500))
        return
      }
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 500), () => setTimeout(() => response.destroy(), 50))
    })
    expect((await refusal('/m/good/', { cache: null })).code).toBe('none')
    expect(ranges).toEqual([undefined, 'bytes=500-'])
  })

  it('files are cached by content, reused, and fetched again if the cached ones were changed', async () => {
    const asked = async () => {
      const before = open.requests.length
      expect((await refusal('/m/good/')).code).toBe('none')
      return open.requests.slice(before).map(path => path.replace('good/', ''))
    }
    await open.call('clear')
    expect(await asked()).toEqual(names)
    expect(await open.call('cached')).toHaveLength(1)
    expect(await asked()).toEqual(['mixflow.json'])
    await open.call('damage')
    expect(await asked()).toEqual(names)
    expect(await asked()).toEqual(['mixflow.json'])
  })

  it.each([false, true])('a custom cache is used, in a worker: %s', async worker => {
    const hit = ['match true']
    const again = ['match true', 'delete', 'put']
    expect(await open.call('customCache', '/m/good/', worker)).toEqual(['match false', 'put', ...hit, ...again])
  })

  it.each([false, true])('concurrent loads share downloads but abort separately, in a worker: %s', async worker => {
    const before = open.requests.length
    open.faults.set('good/denoiser.onnx', (response, bytes, request) =>
      setTimeout(() => send(response, bytes, request), 500),
    )
    const found = await open.call('loadTogether', '/m/good/', { device: 'wasm', cache: null, worker })
    expect(found).toEqual({ impatient: 'ABORTED', images: 1, isImage: true, still: 'none' })
    expect(open.requests.slice(before).filter(path => path.endsWith('.onnx'))).toHaveLength(1)
  })

  it('float16 is not used if the adapter does not compute in it', async () => {
    const { capabilities } = await open.call<{ capabilities: object }>(
      'sample',
      { url: '/m/half/', options: { device: 'webgpu' } },
      { seed: 1 },
    )
    expect(capabilities).toMatchObject({ device: 'webgpu', dtype: 'float32' })
  })

  it('infinite values are refused: on a GPU while loading, on the CPU while sampling', async () => {
    expect((await refusal('/m/broken/', { device: 'webgpu' })).code).toBe('MODEL_OUTPUT_INVALID')
    expect((await refusal('/m/broken/')).code).toBe('none')
    const sampled = open.call(
      'sample',
      { url: '/m/broken/', options: { device: 'wasm' } },
      { solver: 'euler', steps: 3 },
    )
    await expect(sampled).rejects.toThrow(/NaN|Infinity/)
  })

  it('without a hardware GPU, auto chooses WebAssembly and the note says why', async () => {
    const { capabilities } = await open.call<{ capabilities: object }>('sample', { url: '/m/good/' }, { seed: 1 })
    expect(capabilities).toMatchObject({ device: 'wasm', note: 'the only WebGPU adapter is a software implementation' })
  })
})
