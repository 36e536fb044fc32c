import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type LoadProgress, type Manifest, MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { folderOf, type ModelFiles, smallModel } from '@mixflow/test-model'
import { describe, expect, it, vi } from 'vitest'
import { serveFiles } from './fixtures/file-server.ts'
import { defaultCacheDir, type LoadModelOptions, loadModel } from './load-model.ts'

async function refused(run: Promise<unknown>, code: MixflowErrorCode): Promise<MixflowError> {
  const error = await run.then(
    () => new Error('expected a MixflowError, but nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (!MixflowError.is(error)) throw error
  expect(error.code).toBe(code)
  return error
}

async function loadFrom(files: ModelFiles, options: LoadModelOptions = {}) {
  await using folder = await folderOf(files)
  return await loadModel(folder.path, { cacheDir: null, ...options })
}

const source = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: false,
  klWeight: 1e-5,
} as const

const plain = await smallModel()
const half = await smallModel({ half: true })
const withEncoder = await smallModel({ classes: 3, source: { ...source, kappa: 'label' } })
const trainedWithEncoder = await smallModel({ source })

const manifestOf = (files: ModelFiles) => JSON.parse(new TextDecoder().decode(files.get('mixflow.json'))) as Manifest

/** The files with the manifest changed, and nothing else. */
function rewritten(files: ModelFiles, change: (manifest: Manifest) => unknown): ModelFiles {
  return new Map([...files, ['mixflow.json', new TextEncoder().encode(JSON.stringify(change(manifestOf(files))))]])
}

describe('a model loads', () => {
  it('from a folder, with float32 parameters if it has them', async () => {
    await using model = await loadFrom(half)
    expect(model.capabilities()).toMatchObject({
      device: 'cpu',
      dtype: 'float32',
      methods: ['sample', 'stream', 'interpolate', 'invert', 'sources'],
    })
    expect(model.manifest.name).toBe('small')
  })

  it('in the requested precision, or the only one', async () => {
    await using model = await loadFrom(half, { dtype: 'float16', device: 'cpu' })
    expect(model.capabilities().dtype).toBe('float16')
    const single = rewritten(half, manifest => ({
      ...manifest,
      files: manifest.files.filter(file => file.dtype === 'float16'),
    }))
    await using only = await loadFrom(single)
    expect(only.capabilities().dtype).toBe('float16')
  })

  it('with its encoder only if sampling starts from it', async () => {
    await using model = await loadFrom(withEncoder)
    expect(model.capabilities().mixtureWeight).toBe(true)
    const missing = new Map([...withEncoder].filter(([path]) => path !== 'encoder.onnx'))
    await refused(loadFrom(missing), 'MODEL_NOT_FOUND')

    const unneeded = new Map([...trainedWithEncoder].filter(([path]) => path !== 'encoder.onnx'))
    await using other = await loadFrom(unneeded)
    expect(other.capabilities().mixtureWeight).toBe(false)
    const { images } = await other.sample({ seed: 1 })
    expect(images).toHaveLength(1)
    await refused(other.variations(images[0]!), 'MODEL_NOT_FOUND')
  })

  it('with its encoder at the first variations, verified like the other files', async () => {
    await using server = await serveFiles(trainedWithEncoder)
    await using model = await loadModel(server.address, { cacheDir: null })
    const { images } = await model.sample({ seed: 1 })
    expect(server.requests).toEqual(['mixflow.json', 'denoiser.onnx'])
    server.faults.set('encoder.onnx', response => response.end('something else'))
    await refused(model.variations(images[0]!), 'MODEL_HASH_MISMATCH')
    server.faults.clear()
    for (const _ of [1, 2]) expect((await model.variations(images[0]!, { seed: 1 })).images).toHaveLength(1)
    expect(server.requests.slice(2)).toEqual(['encoder.onnx', 'encoder.onnx'])
  })

  it('from an address, once, and then from the cache', async () => {
    await using server = await serveFiles(withEncoder)
    await using cache = await folderOf(new Map())
    for (const _ of [1, 2]) {
      await using model = await loadModel(server.address, { cacheDir: cache.path })
      expect((await model.sample({ count: 2, seed: 1 })).images).toHaveLength(2)
    }
    expect(server.requests).toEqual(['mixflow.json', 'denoiser.onnx', 'encoder.onnx', 'mixflow.json'])
  })

  it('from the export of a package, with files beside the module or at addresses, each verified', async () => {
    const manifest = manifestOf(withEncoder)
    const graphs = ['denoiser.onnx', 'encoder.onnx']
    const at = (base: URL) => ({
      manifest,
      files: Object.fromEntries(graphs.map(path => [path, new URL(path, base).href])),
    })
    await using folder = await folderOf(withEncoder)
    const inPackage = at(pathToFileURL(`${folder.path}/`))
    await using server = await serveFiles(withEncoder)
    await using cache = await folderOf(new Map())
    for (const place of [inPackage, at(new URL(server.address))]) {
      await using model = await loadModel(place, { cacheDir: cache.path })
      expect((await model.sample({ seed: 1 })).images).toHaveLength(1)
    }
    expect(server.requests).toEqual(graphs)

    await writeFile(join(folder.path, 'denoiser.onnx'), 'something else')
    await refused(loadModel(inPackage), 'MODEL_HASH_MISMATCH')
    await refused(loadModel({ manifest: { ...manifest, version: 2 }, files: {} }), 'MANIFEST_INVALID')
    const without = await refused(loadModel({ manifest, files: {} }), 'MODEL_NOT_FOUND')
    expect(without.message).toBe(
      'the package of the model small has no address for denoiser.onnx, which its manifest lists',
    )
    const elsewhere = { manifest, files: { ...inPackage.files, 'denoiser.onnx': 'ftp://example.org/denoiser.onnx' } }
    await refused(loadModel(elsewhere), 'MODEL_NOT_FOUND')
    await refused(loadModel({ manifest } as never), 'ARGUMENT_INVALID')
  })

  it('from the user’s cache, or MIXFLOW_CACHE', () => {
    vi.stubEnv('MIXFLOW_CACHE', 'elsewhere')
    expect(defaultCacheDir()).toBe(resolve('elsewhere', 'models'))
    vi.stubEnv('MIXFLOW_CACHE', '')
    expect(defaultCacheDir()).toMatch(/mixflow.*models$/)
    vi.unstubAllEnvs()
  })

  it('with progress in three phases, each increasing to its end', async () => {
    await using server = await serveFiles(withEncoder)
    const seen: LoadProgress[] = []
    await using _ = await loadModel(server.address, { cacheDir: null, onProgress: progress => seen.push(progress) })
    const phases = ['manifest', 'files', 'session']
    const order = seen.map(({ phase, fraction }) => phases.indexOf(phase) + fraction / 2)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    for (const phase of phases) expect(seen.filter(step => step.phase === phase).at(-1)?.fraction).toBe(1)
    const { files } = manifestOf(withEncoder)
    expect(Math.max(...seen.map(step => step.bytes ?? 0))).toBe(files.reduce((sum, file) => sum + file.bytes, 0))
  })
})

describe('refuses, before ONNX Runtime opens it,', () => {
  it.each<[string, (manifest: Manifest) => unknown]>([
    ['an unknown key', manifest => ({ ...manifest, licens: 'MIT' })],
    ['a path outside', manifest => ({ ...manifest, files: [{ ...manifest.files[0], path: '../denoiser.onnx' }] })],
    ['a later version', manifest => ({ ...manifest, version: 2 })],
  ])('a manifest with %s', async (_, change) => {
    await refused(loadFrom(rewritten(plain, change)), 'MANIFEST_INVALID')
  })

  it.each(['denoiser.onnx', 'encoder.onnx'])('%s with a bit flipped', async path => {
    await using folder = await folderOf(withEncoder)
    const bytes = await readFile(join(folder.path, path))
    bytes[bytes.length >> 1]! ^= 4
    await writeFile(join(folder.path, path), bytes)
    const error = await refused(loadModel(folder.path), 'MODEL_HASH_MISMATCH')
    expect(error.message).toMatch(
      new RegExp(`^${path} from .* has sha256 [0-9a-f]{4}…, the manifest says [0-9a-f]{4}…$`),
    )
    await writeFile(join(folder.path, path), bytes.subarray(1))
    expect((await refused(loadModel(folder.path), 'MODEL_HASH_MISMATCH')).details.reason).toBe('size')
    await rm(join(folder.path, path))
    await refused(loadModel(folder.path), 'MODEL_NOT_FOUND')
  })

  it('a file from an address that is not the manifest’s', async () => {
    await using server = await serveFiles(plain)
    server.faults.set('denoiser.onnx', response => response.end('something else'))
    const error = await refused(loadModel(server.address, { cacheDir: null }), 'MODEL_HASH_MISMATCH')
    expect(error.message).toContain(server.address)
  })

  it('a size that no ONNX file can have', async () => {
    const huge = rewritten(plain, manifest => ({ ...manifest, files: [{ ...manifest.files[0], bytes: 2 ** 40 }] }))
    await refused(loadFrom(huge), 'MODEL_INVALID')
  })

  it('an abort, before and during', async () => {
    await using server = await serveFiles(plain)
    await refused(loadModel(server.address, { signal: AbortSignal.abort() }), 'ABORTED')
    expect(server.requests).toEqual([])
    const controller = new AbortController()
    server.faults.set('denoiser.onnx', () => controller.abort())
    await refused(loadModel(server.address, { cacheDir: null, signal: controller.signal }), 'ABORTED')
    await refused(loadFrom(plain, { signal: AbortSignal.abort() }), 'ABORTED')
  })

  it.each<[string, unknown, MixflowErrorCode, RegExp]>([
    ['a device that is none', { device: 'cpux' }, 'ARGUMENT_INVALID', /device/],
    ['a precision that is none', { dtype: 'float8' }, 'ARGUMENT_INVALID', /dtype/],
    ['a precision that the model lacks', { dtype: 'float16' }, 'ARGUMENT_INVALID', /no float16 denoiser/],
    ['half a worker', { workers: 1.5 }, 'ARGUMENT_INVALID', /workers must be a whole number/],
    [
      'workers of a GPU',
      { workers: 2, device: 'webgpu' },
      'ARGUMENT_INVALID',
      /workers run on the CPU, but device is "webgpu"/,
    ],
    ['an unknown option', { devise: 'cpu' }, 'ARGUMENT_INVALID', /unknown option "devise"/],
    ['an empty cache folder', { cacheDir: '' }, 'ARGUMENT_INVALID', /cacheDir/],
  ])('%s', async (_, options, code, message) => {
    expect((await refused(loadFrom(plain, options as LoadModelOptions), code)).message).toMatch(message)
  })

  it('an invalid path', async () => {
    await refused(loadModel(7 as unknown as string), 'ARGUMENT_INVALID')
  })
})

describe('refuses a graph that has the right bytes', () => {
  it('and is not a graph', async () => {
    const notOnnx = new TextEncoder().encode('not onnx')
    const sha256 = createHash('sha256').update(notOnnx).digest('hex')
    const files = rewritten(plain, manifest => ({
      ...manifest,
      files: [{ ...manifest.files[0], bytes: notOnnx.length, sha256 }],
    }))
    const error = await refused(loadFrom(new Map([...files, ['denoiser.onnx', notOnnx]])), 'MODEL_INVALID')
    expect(error.message).toContain('denoiser.onnx is no ONNX model')
  })

  it('and has other inputs than those of the manifest', async () => {
    const conditional = await smallModel({ classes: 2 })
    const files = rewritten(conditional, manifest => {
      const { inputs, outputs } = manifest.networks.denoiser
      const denoiser = { inputs: inputs.filter(port => port.name !== 'label'), outputs }
      return { ...manifest, labels: null, networks: { denoiser, encoder: null } }
    })
    const error = await refused(loadFrom(files), 'MODEL_INVALID')
    expect(error.message).toContain('has the inputs label int32 [N]; t float32 [N]; x float32 [N, 1, 6, 4]')
  })
})
