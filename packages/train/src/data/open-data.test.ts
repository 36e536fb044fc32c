import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { packTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { testFolder } from '../fixtures/test-folder.ts'
import { dataCacheFolder } from './cache-folder.ts'
import { catalogue, describeData, type RemoteFile } from './catalogue.ts'
import { type FileServer, fileServer, forgetProxies } from './fixtures/file-server.ts'
import { idxBytes } from './fixtures/idx-bytes.ts'
import { blue, png, red } from './fixtures/pictures.ts'
import { missing, realCifar10, realMnist } from './fixtures/real-data.ts'
import type { OpenDataOptions } from './open-data.ts'
import { dataOpener, openData } from './open-data.ts'
import type { DataProgress } from './tasks.ts'

let folder: string
testFolder(path => {
  folder = path
})

const write = async (files: Record<string, Uint8Array>) => {
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  return folder
}
const images = idxBytes([2, 1, 2], [1, 2, 3, 4])
const labels = idxBytes([2], [7, 0])
const cifarBatch = (label: number) => Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : 99))

describe('openData by name', () => {
  it('opens the embedded digits', async () => {
    expect(await openData('quickstart')).toMatchObject({ name: 'quickstart', count: 10_000, channels: 1, width: 28 })
  })

  it('limits, converts and pads', async () => {
    const data = await openData('quickstart', { limit: 50, channels: 3, size: 32, pad: 'edge' })
    expect(data).toMatchObject({ count: 50, channels: 3, height: 32, width: 32 })
    expect([...data.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9])
  })

  it('reads evenly spaced emoji up to a limit, over the requested background', async () => {
    const data = await openData('twemoji', { limit: 100, background: 'black' })
    expect(data.count).toBe(100)
    expect(new Set(data.labels).size).toBeGreaterThan(6)
    const light = await openData('twemoji', { limit: 100 })
    expect(data.images.filter(byte => byte === 255).length).toBeLessThan(
      light.images.filter(byte => byte === 255).length,
    )
  })

  it('refuses a damaged or missing package of emoji at a path', async () => {
    await expect(openData(`twemoji:${folder}`)).rejects.toMatchObject({ code: 'PACKAGE_MISSING' })
  })
})

describe.skipIf(missing(realMnist) || missing(realCifar10))('openData by name and path', () => {
  it('opens real data', async () => {
    const digits = await openData(`mnist:${realMnist}`, { split: 'test', size: 32, limit: 10 })
    expect(digits).toMatchObject({ name: 'mnist', split: 'test', count: 10, height: 32, licence: 'CC-BY-SA-3.0' })
    const photos = await openData(`cifar10:${realCifar10}`, { split: 'test', channels: 1 })
    expect(photos).toMatchObject({ name: 'cifar10', split: 'test', channels: 1, width: 32 })
  })
})

describe('openData by path', () => {
  it('opens a folder and a zip of images', async () => {
    const pictures = { 'a.png': await png(8, 8, red), 'b.png': await png(6, 6, blue) }
    await mkdir(join(folder, 'photos'))
    await write({ 'photos/a.png': pictures['a.png'], 'photos/b.png': pictures['b.png'], 'p.ZIP': zipSync(pictures) })
    const data = await openData(join(folder, 'photos'), { size: 4 })
    expect(data).toMatchObject({ name: 'photos', count: 2, channels: 3, height: 4 })
    const zipped = await openData(join(folder, 'p.ZIP'), {
      size: 4,
      fit: 'contain',
      badImages: 'skip',
      badImagesLimit: 0.2,
    })
    expect(zipped.fingerprint()).toBe(data.fingerprint())
    const grey = await openData(join(folder, 'photos'), { size: 4, channels: 1, limit: 1 })
    expect(grey).toMatchObject({ count: 1, channels: 1, images: new Uint8Array(16).fill(76) })
  })

  it('opens an idx pair by file or folder, not as MNIST', async () => {
    await write({ 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte.gz': gzipSync(labels) })
    const ofFile = await openData(join(folder, 'train-images-idx3-ubyte'))
    const ofFolder = await openData(folder)
    expect(ofFolder.fingerprint()).toBe(ofFile.fingerprint())
    expect(ofFolder).toMatchObject({ count: 2, licence: null, attribution: null, labels: Int32Array.of(7, 0) })
    await expect(openData(folder, { split: 'test' })).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
    await expect(openData(join(folder, 'train-images-idx3-ubyte'), { split: 'test' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    await write({ 't10k-images-idx3-ubyte': images })
    expect(await openData(join(folder, 't10k-images-idx3-ubyte'))).toMatchObject({ split: 'test', labels: null })
  })

  it('opens CIFAR-10 as a folder and as an archive', async () => {
    const body = cifarBatch(3)
    const tar = await packTar([{ header: { name: 'data_batch_1.bin', size: body.length, type: 'file' }, body }])
    await write({ 'data_batch_1.bin': body, 'c.tgz': gzipSync(tar) })
    const data = await openData(folder)
    expect(data).toMatchObject({ name: 'cifar10', count: 1 })
    expect((await openData(join(folder, 'c.tgz'))).fingerprint()).toBe(data.fingerprint())
  })
})

describe('openData refuses', () => {
  const refusal = (spec: string, options?: OpenDataOptions) => openData(spec, options).catch(error => error)

  it.each([
    ['mnits', 'did you mean "mnist"?'],
    ['CIFAR-10', 'did you mean "cifar10"?'],
    ['quick_start', 'did you mean "quickstart"?'],
    ['minst:./digits', 'did you mean "mnist:./digits"?'],
    ['imagenet', 'data sets: quickstart, mnist, cifar10, twemoji, twemoji-plain'],
    ['', 'data sets: quickstart'],
  ])('the name %j', async (spec, hint) => {
    expect(await refusal(spec)).toMatchObject({ code: 'DATA_UNKNOWN', hint: expect.stringContaining(hint) })
  })

  it.each(['./nowhere', 'photos.zip', '/no/such/folder', 'mnist:/no/such/folder', 'cifar10:'])(
    'the path %s',
    async spec => {
      expect(await refusal(spec)).toMatchObject({ code: 'DATA_NOT_FOUND', hint: expect.stringContaining('looked for') })
    },
  )

  it('an unsupported file, and an empty folder', async () => {
    await write({ 'model.bin': images })
    expect(await refusal(join(folder, 'model.bin'))).toMatchObject({ code: 'DATA_NOT_FOUND' })
    expect(await refusal(folder)).toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringContaining('no readable images'),
    })
    expect(await refusal('quickstart:here')).toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it.each<[OpenDataOptions, RegExp]>([
    [{ limt: 3 } as never, /unknown option "limt"/],
    [{ split: 'validation' as never }, /unknown split "validation"/],
    [{ split: 'test' }, /quickstart has no test part/],
    [{ limit: 0 }, /limit must be an integer in 1/],
    [{ limit: 1.5 }, /limit must be/],
    [{ size: 5000 }, /size must be an integer in 1\.\.4096/],
    [{ size: '32' as never }, /size must be/],
    [{ size: 16 }, /size 16 is smaller than the images of quickstart, 28x28/],
    [{ channels: 4 as never }, /channels must be 1 \(grey\) or 3/],
    [{ pad: 'mirror' as never, size: 32 }, /unknown pad "mirror"/],
    [{ pad: 'edge' }, /pad has no effect without a size/],
    [{ fit: 'cover' }, /fit has no effect on quickstart/],
    [{ background: 'white' }, /background has no effect on quickstart/],
    [{ badImages: 'ignore' as never }, /unknown badImages "ignore"/],
    [{ badImagesLimit: 0.5 }, /badImagesLimit has no effect without badImages/],
    [{ badImages: 'skip', badImagesLimit: 10 }, /badImagesLimit must be a number in 0\.\.1, got 10/],
    [{ cacheFolder: '' }, /cacheFolder must be a path/],
  ])('the options %j', async (options, message) => {
    expect(await refusal('quickstart', options)).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('options without effect on a folder, and a background that is not a colour', async () => {
    await write({ 'a.png': await png(4, 4) })
    expect(await refusal(folder, { size: 8, pad: 'zero' })).toMatchObject({
      message: expect.stringMatching(/^pad has no/),
    })
    expect(await refusal(folder, { split: 'test' })).toMatchObject({ message: expect.stringMatching(/no test part/) })
    expect(await refusal(folder, { background: 'wite' })).toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(await refusal('twemoji', { background: 'wite' })).toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('openData of a set that is downloaded', () => {
  let server: FileServer
  beforeEach(forgetProxies)
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  /** The catalogue with MNIST's test half and CIFAR-10 replaced by small files at a server of ours. */
  async function opener(files: Record<string, Buffer>) {
    server = await fileServer((request, response) => {
      const bytes = files[request.url!.slice(1)]
      if (bytes) response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
      else response.writeHead(404).end()
    })
    const remote = (name: string): RemoteFile => ({
      name,
      bytes: files[name]!.length,
      sha256: createHash('sha256').update(files[name]!).digest('hex'),
      addresses: [new URL(name, server.address).href],
    })
    const mnist = ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'].filter(name => name in files).map(remote)
    const cifar = ['cifar-10-binary.tar.gz'].filter(name => name in files).map(remote)
    return dataOpener({
      ...catalogue,
      mnist: { ...catalogue.mnist, files: { train: [], test: mnist } },
      cifar10: { ...catalogue.cifar10, files: { train: cifar, test: cifar } },
    })
  }

  it('fetches what the part needs, once, with progress, into the cache', async () => {
    const open = await opener({
      't10k-images-idx3-ubyte.gz': gzipSync(images),
      't10k-labels-idx1-ubyte.gz': gzipSync(labels),
    })
    const seen: DataProgress[] = []
    const options = { split: 'test', cacheFolder: folder, onProgress: (step: DataProgress) => seen.push(step) } as const
    const data = await open('mnist', options)
    expect(data).toMatchObject({ name: 'mnist', split: 'test', count: 2, labels: Int32Array.of(7, 0) })
    expect(seen.map(({ what, phase }) => `${phase} ${what}`)).toContain('download t10k-labels-idx1-ubyte.gz')
    expect(existsSync(join(folder, 'mnist', 't10k-images-idx3-ubyte.gz'))).toBe(true)
    expect((await open('mnist', options)).fingerprint()).toBe(data.fingerprint())
    expect(server.requests).toHaveLength(2)
  })

  it('reads CIFAR-10 out of its archive, for both parts', async () => {
    const entries = (['data_batch_1.bin', 'test_batch.bin'] as const).map((name, label) => {
      const body = cifarBatch(label + 4)
      return { header: { name: `cifar-10-batches-bin/${name}`, size: body.length, type: 'file' as const }, body }
    })
    const open = await opener({ 'cifar-10-binary.tar.gz': gzipSync(await packTar(entries)) })
    expect((await open('cifar10', { cacheFolder: folder })).labels).toEqual(Int32Array.of(4))
    expect((await open('cifar10', { cacheFolder: folder, split: 'test' })).labels).toEqual(Int32Array.of(5))
    expect(server.requests).toHaveLength(1)
  })

  it('stops when aborted, and reports why a download failed', async () => {
    const open = await opener({ 't10k-images-idx3-ubyte.gz': gzipSync(images) })
    const options = { split: 'test', cacheFolder: folder } as const
    await expect(open('mnist', { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    server.always = (_, response) => response.writeHead(404).end()
    await expect(open('mnist', options)).rejects.toMatchObject({ code: 'DOWNLOAD_NOT_FOUND' })
  })
})

describe('the catalogue', () => {
  it('has a size, a sha256 and addresses for every file', () => {
    const files = Object.values(catalogue).flatMap(entry => Object.values(entry.files ?? {}).flat())
    expect(files.map(file => file.name)).toHaveLength(6)
    for (const { name, bytes, sha256, addresses } of files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(bytes).toBeGreaterThan(4000)
      expect(addresses.length).toBeGreaterThan(1)
      for (const address of addresses) expect(new URL(address).pathname.endsWith(`/${name}`)).toBe(true)
    }
  })

  it('describes the embedded and the packaged set', async () => {
    for (const name of ['quickstart', 'twemoji', 'twemoji-plain'] as const) {
      const { count, channels, height, width, classNames, licence, attribution } = await openData(name)
      const { images, ...entry } = catalogue[name]
      expect(entry).toMatchObject({ channels, height, width, classNames, licence, attribution })
      expect(images.train).toBe(count)
    }
  })
})

describe('describeData', () => {
  it('lists every set and where it is', async () => {
    const list = await describeData({ cacheFolder: folder })
    const where = Object.fromEntries(list.map(({ name, where }) => [name, where]))
    expect(where).toEqual({
      quickstart: { state: 'embedded' },
      mnist: { state: 'download', bytes: 9_941_303, folder: join(folder, 'mnist') },
      cifar10: { state: 'download', bytes: 170_052_171, folder: join(folder, 'cifar10') },
      twemoji: { state: 'here', folder: expect.stringContaining('emoji-datasource-twitter') },
      'twemoji-plain': { state: 'here', folder: expect.stringContaining('emoji-datasource-twitter') },
    })
    expect(list.map(({ classes }) => classes)).toEqual([10, 10, 10, 9, 9])
    expect(list.every(({ attribution, title }) => attribution && title)).toBe(true)
  })

  it('counts the missing bytes', async () => {
    await mkdir(join(folder, 'mnist'))
    await writeFile(join(folder, 'mnist', 'train-labels-idx1-ubyte.gz'), new Uint8Array(28_881))
    const place = async () => (await describeData({ cacheFolder: folder }))[1]!.where
    expect(await place()).toMatchObject({ state: 'download', bytes: 9_912_422 })
    await writeFile(join(folder, 'mnist', 'train-images-idx3-ubyte.gz'), new Uint8Array(9_912_422))
    expect(await place()).toEqual({ state: 'here', folder: join(folder, 'mnist') })
  })
})

describe('dataCacheFolder', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('is MIXFLOW_CACHE, or the user’s', async () => {
    vi.stubEnv('MIXFLOW_CACHE', folder)
    expect(dataCacheFolder()).toBe(join(folder, 'data'))
    vi.stubEnv('MIXFLOW_CACHE', '')
    expect(dataCacheFolder()).toMatch(/mixflow.*data$/)
  })
})

it('the readme beside the embedded digits names licence and authors', async () => {
  const readme = await readFile(new URL('../../assets/README.md', import.meta.url), 'utf8')
  for (const word of ['Yann LeCun', 'Corinna Cortes', 'ShareAlike 3.0']) expect(readme).toContain(word)
})
