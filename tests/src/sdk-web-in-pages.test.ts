/**
 * The built sdk-web in Chromium: one file from a CDN on another origin, the same file on the page's origin under a strict policy, and modules
 * by an import map; its downloads and progress; and recovery after a failed start.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { findChromium } from '@mixflow/page'
import { smallModel } from '@mixflow/test-model'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { root } from './workspace/workspace.ts'

const executable = findChromium()
const packed = inject('packed')
const model = await smallModel({ classes: 3 })
const folders: Readonly<Record<string, string>> = {
  sdk: join(root, 'packages/sdk-web'),
  core: join(root, 'packages/core'),
  zoo: join(root, 'packages/zoo'),
  ort: dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm')),
}
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

type Answer = { readonly status: number; readonly type?: string; readonly body?: string }

interface Host extends AsyncDisposable {
  readonly origin: string
  /** Requested paths. */
  readonly asked: string[]
  /** Responses that replace files, by the end of the path. */
  readonly faults: Map<string, Answer>
}

interface HostOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Headers of `/`. */
  readonly html?: string
}

async function startHost({ headers = {}, html = '' }: HostOptions = {}): Promise<Host> {
  const asked: string[] = []
  const faults = new Map<string, Answer>()
  const contentOf = async (path: string) => {
    const [, name = '', rest = ''] = /^\/(\w+)\/(.+)$/.exec(path) ?? []
    if (path === '/') return `<!doctype html><title>page</title><link rel="icon" href="data:,">${html}`
    if (name === 'model') return model.get(rest)
    return folders[name] && readFile(join(folders[name], rest)).catch(() => undefined)
  }
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host')
    asked.push(pathname)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const fault = [...faults].find(([end]) => pathname.endsWith(end))?.[1]
    const body = fault === undefined ? await contentOf(pathname) : (fault.body ?? '')
    const type =
      fault?.type ?? types[extname(pathname)] ?? (pathname === '/' ? 'text/html' : 'application/octet-stream')
    response.writeHead(fault?.status ?? (body === undefined ? 404 : 200), { 'content-type': type }).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    ...{ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, faults },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The module script of a page, which exposes `loadModel` to the tests. */
const script = (from: string) => `<script type="module">
import { loadModel } from '${from}'
globalThis.sample = async (options, request = { seed: 1, nfe: 3 }) => {
  const seen = []
  try {
    const model = await loadModel('/model/', { cache: null, onProgress: progress => seen.push(progress), ...options })
    const { images } = await model.sample(request)
    const { device, note } = model.capabilities()
    await model.dispose()
    return { code: 'none', images: images.map(({ data }) => [...data]), device, note, seen }
  } catch (error) {
    return { code: error.code ?? String(error), message: error.message, hint: error.hint, seen }
  }
}
</script>`

interface Sampled {
  readonly code: string
  readonly message?: string
  readonly hint?: string
  readonly images: readonly (readonly number[])[]
  readonly device: string
  readonly note?: string
  readonly seen: readonly { phase: string; fraction: number; bytes?: number; totalBytes?: number }[]
}

const policy = (more: Readonly<Record<string, string>> = {}) => {
  const directives = {
    'default-src': "'none'",
    'script-src': "'self' 'unsafe-inline' 'wasm-unsafe-eval'",
    'connect-src': "'self'",
    'worker-src': "'self'",
    'img-src': 'data:',
    ...more,
  }
  const text = Object.entries(directives).map(([name, value]) => `${name} ${value}`)
  return { 'content-security-policy': text.join('; ') }
}

describe.skipIf(executable === null || 'error' in packed)('sdk-web as it is built', () => {
  let browser: Browser
  beforeAll(async () => {
    const gpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
    browser = await chromium.launch({ executablePath: executable as string, args: ['--no-sandbox', ...gpu] })
  })
  afterAll(() => browser?.close())

  /** Opens a page of a host, with its errors and its workers. */
  async function visit(host: Host) {
    const context = await browser.newContext()
    const page: Page = await context.newPage()
    const troubles: string[] = []
    const workers: string[] = []
    page.on('console', message => ['error', 'warning'].includes(message.type()) && troubles.push(message.text()))
    page.on('worker', worker => workers.push(worker.url()))
    await page.goto(`${host.origin}/`)
    await page.waitForFunction('globalThis.sample !== undefined')
    const sample = (options: object = {}) =>
      page.evaluate(
        given => (globalThis as unknown as { sample(options: object): Promise<unknown> }).sample(given),
        options,
      ) as Promise<Sampled>
    return { page, sample, troubles, workers, [Symbol.asyncDispose]: () => context.close() }
  }

  const cdnHeaders = { 'access-control-allow-origin': '*' }

  test('one file from a CDN on another origin is enough; it samples in a worker on either device', async () => {
    await using cdn = await startHost({ headers: cdnHeaders })
    await using host = await startHost({ html: script(`${cdn.origin}/sdk/dist/bundle/mixflow.js`) })
    await using page = await visit(host)
    expect(cdn.asked).toEqual(['/sdk/dist/bundle/mixflow.js'])
    const [wasm, webgpu] = [await page.sample({ device: 'wasm' }), await page.sample({ device: 'webgpu' })]
    expect([wasm.code, wasm.device, wasm.note]).toEqual(['none', 'wasm', undefined])
    expect([webgpu.code, webgpu.device, webgpu.note]).toEqual(['none', 'webgpu', undefined])
    const apart = wasm.images[0]!.map((value, i) => Math.abs(value - webgpu.images[0]![i]!))
    expect(Math.max(...apart)).toBeLessThan(2 / 255)
    expect(page.workers.map(url => url.slice(0, 5))).toEqual(['blob:', 'blob:'])
    expect(page.troubles).toEqual([])
  })

  test('progress includes ONNX Runtime and increases in small steps', async () => {
    await using host = await startHost({ html: script('/sdk/dist/bundle/mixflow.js') })
    await using page = await visit(host)
    for (const worker of [true, false]) {
      const { seen } = await page.sample({ device: 'wasm', worker })
      const files = seen.filter(({ phase }) => phase === 'files')
      expect(files.at(-1)!.fraction).toBe(1)
      expect(files.at(-1)!.bytes).toBe(files.at(-1)!.totalBytes)
      expect(files[0]!.totalBytes).toBeGreaterThan(3e6)
      const steps = files.map(({ bytes }, i) => bytes! - (files[i - 1]?.bytes ?? 0))
      expect(Math.min(...steps)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...steps)).toBeLessThan(500_000)
      if (worker) continue
    }
  })

  test('on the page’s origin it works under a strict policy in a worker, and without worker-src in the page with a note', async () => {
    for (const workerSource of ["'self'", "'none'"]) {
      const headers = policy({ 'worker-src': workerSource })
      await using host = await startHost({ headers, html: script('/sdk/dist/bundle/mixflow.js') })
      await using page = await visit(host)
      const { code, note } = await page.sample({ device: 'wasm' })
      expect(code).toBe('none')
      if (workerSource === "'none'") expect(note).toMatch(/no worker could be started/)
      else
        expect([note, page.workers, page.troubles]).toEqual([
          undefined,
          [`${host.origin}/sdk/dist/bundle/worker.js`],
          [],
        ])
    }
  })

  test('where the policy forbids a blob: worker from a CDN, the model runs in the page', async () => {
    await using cdn = await startHost({ headers: cdnHeaders })
    const headers = policy({ 'script-src': `'unsafe-inline' 'wasm-unsafe-eval' ${cdn.origin}` })
    await using host = await startHost({ headers, html: script(`${cdn.origin}/sdk/dist/bundle/mixflow.js`) })
    await using page = await visit(host)
    const { code, note } = await page.sample({ device: 'wasm' })
    expect([code, page.workers]).toEqual(['none', []])
    expect(note).toMatch(/no worker could be started/)
  })

  test('an import map needs only the two other packages', async () => {
    const imports = {
      '@mixflow/core': '/core/dist/index.js',
      '@mixflow/core/internal': '/core/dist/internal.js',
      '@mixflow/zoo/models': '/zoo/dist/models/index.js',
    }
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`
    await using host = await startHost({ html: map + script('/sdk/dist/index.js') })
    await using page = await visit(host)
    for (const worker of [true, false]) {
      const { code, note } = await page.sample({ device: 'wasm', worker })
      expect([code, note]).toEqual(['none', undefined])
    }
    expect(page.workers).toEqual([`${host.origin}/sdk/dist/bundle/worker.js`])
    expect(page.troubles).toEqual([])
  })

  test('threads run in an isolated page, with and without a worker', async () => {
    const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
    await using host = await startHost({ headers, html: script('/sdk/dist/bundle/mixflow.js') })
    await using page = await visit(host)
    for (const worker of [true, false]) {
      const { code, images } = await page.sample({ device: 'wasm', worker, runtime: { threads: 2 } })
      expect([code, images?.length]).toEqual(['none', 1])
    }
  })

  describe.each([true, false])('in a worker: %s', worker => {
    const options = { device: 'wasm', worker }

    test.each(['ort-wasm.js', 'wasm-3.js', 'worker.js', 'mixflow.json', 'denoiser.onnx'])(
      'after one 503 for %s the next load works',
      async file => {
        await using host = await startHost({ html: script('/sdk/dist/bundle/mixflow.js') })
        await using page = await visit(host)
        host.faults.set(`/${file}`, { status: 503 })
        const { code } = await page.sample(options)
        expect(['none', 'PACKAGE_MISSING', 'DOWNLOAD_REFUSED']).toContain(code)
        host.faults.clear()
        const second = await page.sample(options)
        expect([second.code, second.message]).toEqual(['none', undefined])
      },
    )

    test.each<[string, Answer, RegExp]>([
      ['an error', { status: 503 }, /status 503/],
      ['nothing', { status: 404 }, /was not found \(status 404\)/],
      ['a page', { status: 200, type: 'text/html', body: '<!doctype html>' }, /is a web page/],
      ['a page as WebAssembly', { status: 200, body: '<!doctype html>' }, /has 15 bytes/],
    ])('%s in place of the WebAssembly of wasmPaths is said, and forgotten', async (_, answer, why) => {
      await using host = await startHost({ html: script('/sdk/dist/bundle/mixflow.js') })
      await using page = await visit(host)
      const own = { ...options, runtime: { wasmPaths: '/ort/' } }
      host.faults.set('.wasm', answer)
      const first = await page.sample(own)
      expect(first).toMatchObject({ code: 'DEVICE_UNAVAILABLE', hint: expect.stringMatching(/wasmPaths/) })
      expect(first.message).toMatch(/\/ort\/ort-wasm-simd-threaded\.wasm/)
      expect(first.message).toMatch(why)
      host.faults.clear()
      const second = await page.sample(own)
      expect([second.code, second.message]).toEqual(['none', undefined])
      expect(host.asked.filter(path => /\/(wasm-\d+|ort-.*\.mjs)/.test(path))).toEqual([])
    })
  })
})
