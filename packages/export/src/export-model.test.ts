/** The whole line: a checkpoint of each kind of network becomes a folder that holds what it says and samples the same images. */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Manifest, parseManifest, sample } from '@mixflow/core'
import { manifestFileName, networkPorts } from '@mixflow/core/internal'
import { loadModel } from '@mixflow/sdk-node'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from './export-model.ts'
import type { ExportProgress } from './export-options.ts'
import { nameFaults, readOnnx } from './fixtures/read-onnx.ts'
import { tfjsSampler } from './fixtures/tfjs-sampler.ts'
import {
  type Folder,
  sourceOf,
  type TinyOptions,
  temporaryFolder,
  tinyCheckpoint,
  writeFiles,
} from './fixtures/tiny-checkpoint.ts'
import { onBackend } from './graph/on-backend.ts'

const kinds: Readonly<Record<string, TinyOptions>> = {
  'plain rectified flow, no classes': { classes: 0, source: null },
  'plain rectified flow, classes, colour': { channels: 3, source: null },
  'κ = image, two levels': { widths: [8, 12], source: sourceOf() },
  'κ = image, no classes, conditioned on w': { classes: 0, source: sourceOf({ conditionOnWeight: true }) },
  'κ = image, mean': { source: sourceOf({ gaussian: 'mean', conditionOnWeight: true }) },
  'κ = image, no Gaussian': { source: sourceOf({ gaussian: 'off', mixing: 'sample', tanh: true }) },
  'κ = label': { source: sourceOf({ kappa: 'label' }) },
  'κ = label, two classes, conditioned on w': {
    classes: 2,
    source: sourceOf({ kappa: 'label', conditionOnWeight: true }),
  },
  'κ = noise, no classes': { classes: 0, source: sourceOf({ kappa: 'noise', mixing: 'sample' }) },
  'κ = noise, no Gaussian, conditioned on w': {
    source: sourceOf({ kappa: 'noise', gaussian: 'off', mixing: 'sample', tanh: true, conditionOnWeight: true }),
  },
  'κ = image+noise, colour': { channels: 3, source: sourceOf({ kappa: 'image+noise' }) },
  'the paper’s networks': { networks: 'paper', channels: 3, classes: 0 },
  'the paper’s networks, the encoder with all its parts': { networks: 'paper-whole', channels: 3, classes: 0 },
  'the paper’s networks, κ = noise, a label-conditioned encoder': {
    networks: 'paper-whole',
    source: sourceOf({ kappa: 'noise', encoderLabel: true }),
  },
  'the paper’s networks, classes, κ = label, conditioned on w': {
    networks: 'paper',
    source: sourceOf({ kappa: 'label', conditionOnWeight: true }),
  },
}

const created = new Date('2026-04-11T08:00:00Z')

let root: Folder
beforeAll(async () => {
  root = await temporaryFolder()
})
afterAll(() => root[Symbol.asyncDispose]())

let made = 0
const newPlace = (name: string) => join(root.path, `${name}-${++made}`)
const checkpointOf = (options: TinyOptions) => writeFiles(newPlace('checkpoint'), tinyCheckpoint(options))

describe.each(Object.entries(kinds))('%s', (_, options) => {
  let checkpoint: string
  let folder: string
  let manifest: Manifest
  beforeAll(async () => {
    checkpoint = await checkpointOf(options)
    folder = newPlace('model')
    manifest = (await exportModel({ checkpoint, out: folder, created })).manifest
  })

  test('the folder holds the files of the manifest, and no others', async () => {
    expect(parseManifest(await readFile(join(folder, manifestFileName)))).toEqual(manifest)
    const listed = manifest.files.map(({ path }) => path)
    expect((await readdir(folder)).sort()).toEqual([manifestFileName, ...listed].sort())
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = await readFile(join(folder, path))
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256])
    }
    const graphs = options.source === null ? ['denoiser'] : ['denoiser', 'encoder']
    expect(listed).toEqual([...graphs.flatMap(name => [`${name}.onnx`, `${name}.fp16.onnx`]), 'README.md'])
    expect(manifest.networks).toEqual(networkPorts(manifest))
  })

  test('the graphs equal the trained networks up to rounding', () => {
    const { float32, float16 } = manifest.parity
    expect(float32?.maxAbsError).toBeGreaterThan(0)
    expect(float32?.maxAbsError).toBeLessThan(2e-5)
    expect(float16?.maxAbsError).toBeGreaterThan(1e-5)
    expect(float16?.maxAbsError).toBeLessThan(float16?.limit as number)
  })

  test('the graphs are ONNX of the standard operator set', async () => {
    for (const { path, role, dtype } of manifest.files) {
      if (role !== 'denoiser' && role !== 'encoder') continue
      const onnx = readOnnx(await readFile(join(folder, path)))
      expect(onnx.opsets).toEqual([{ domain: '', version: 17 }])
      expect(onnx.nodes.filter(({ domain }) => domain !== '')).toEqual([])
      expect(nameFaults(onnx)).toEqual([])
      expect(onnx.inputs).toEqual(manifest.networks[role]?.inputs.map(port => port.name))
      expect(onnx.outputs).toEqual(manifest.networks[role]?.outputs.map(port => port.name))
      const types = [...onnx.initializers.values()].map(({ type }) => type)
      expect(types.includes(10)).toBe(dtype === 'float16')
    }
  })

  test.each(['float32', 'float16'] as const)('sdk-node samples the images of the trained network: %s', async dtype => {
    const request = { count: 2, seed: 7, ...(manifest.labels === null ? {} : { label: manifest.labels.count - 1 }) }
    const model = await loadModel(folder, { dtype })
    const { images } = await model.sample(request)
    await model.dispose()
    const expected = await sample(await tfjsSampler(checkpoint), manifest, request)
    const tolerance = dtype === 'float32' ? 1e-4 : 2e-2
    for (const [i, { data }] of images.entries()) {
      expect(difference(data, expected.images[i]!.data)).toBeLessThan(tolerance)
    }
    expect(difference(images[0]!.data, images[1]!.data)).toBeGreaterThan(0.1)
  })
})

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe('exportModel', () => {
  let checkpoint: string
  beforeAll(async () => {
    checkpoint = await checkpointOf({})
  })

  const filesIn = async (folder: string) => {
    const names = await readdir(folder)
    return new Map(await Promise.all(names.map(async name => [name, await readFile(join(folder, name))] as const)))
  }

  test('the same checkpoint gives the same bytes; another creation time changes only the manifest', async () => {
    const [one, two, later] = [newPlace('model'), newPlace('model'), newPlace('model')]
    await exportModel({ checkpoint, out: one, created })
    await exportModel({ checkpoint, out: two, created })
    await exportModel({ checkpoint, out: later, created: new Date('2027-01-01T00:00:00Z') })
    const first = await filesIn(one)
    expect(await filesIn(two)).toEqual(first)
    const changed = [...(await filesIn(later))].filter(([name, bytes]) => !first.get(name)?.equals(bytes))
    expect(changed.map(([name]) => name)).toEqual([manifestFileName])
  })

  test('exports the moving average, or the parameters of the last step if there is none', async () => {
    const graph = async (options: TinyOptions) => {
      const out = newPlace('model')
      const { weights, manifest } = await exportModel({ checkpoint: await checkpointOf(options), out, created })
      const card = await readFile(join(out, 'README.md'), 'utf8')
      return { weights, halfLife: manifest.training.emaHalfLifeImages, card, sha256: manifest.files[0]?.sha256 }
    }
    const both = await graph({ roles: ['weights', 'ema'] })
    const raw = await graph({ roles: ['weights'] })
    expect(both).toMatchObject({ weights: 'ema', halfLife: 3000 })
    expect(both.card).toContain('moving average, half-life 3,000 images')
    expect(raw).toMatchObject({ weights: 'raw', halfLife: null })
    expect(raw.card).toContain('those of the last step (no moving average)')
    expect(raw.sha256).not.toBe(both.sha256)
  })

  test('float16 parameters take half the space', async () => {
    const { manifest } = await exportModel({
      checkpoint: await checkpointOf({ widths: [32, 32] }),
      out: newPlace('model'),
    })
    const [full, half] = manifest.files
    expect(half!.bytes / full!.bytes).toBeLessThan(0.58)
    expect(half!.bytes / full!.bytes).toBeGreaterThan(0.5)
  })

  test('above the limit nothing is written, and the error has the difference and the limit', async () => {
    const out = newPlace('model')
    const refused = (parityLimit: { float32?: number; float16?: number }) =>
      expect(exportModel({ checkpoint, out, parityLimit })).rejects
    await refused({ float32: 0 }).toMatchObject({
      code: 'EXPORT_PARITY',
      details: { dtype: 'float32', limit: 0, maxAbsError: expect.any(Number), role: expect.any(String) },
    })
    await refused({ float16: 1e-6 }).toMatchObject({
      code: 'EXPORT_PARITY',
      details: { dtype: 'float16', limit: 1e-6 },
    })
    expect((await readdir(root.path)).filter(name => name.includes(basename(out)))).toEqual([])
  })

  test('an abort at any phase leaves nothing behind', async () => {
    for (const phase of ['checkpoint', 'graphs', 'parity', 'files'] as const) {
      await using folder = await temporaryFolder()
      const controller = new AbortController()
      const onProgress = (progress: ExportProgress) => progress.phase === phase && controller.abort(new Error('enough'))
      const options = { checkpoint, out: join(folder.path, 'deep', 'model'), signal: controller.signal, onProgress }
      await expect(exportModel(options), phase).rejects.toMatchObject({ code: 'ABORTED' })
      expect(await readdir(folder.path), phase).toEqual([])
    }
  })

  test('passes on what a callback throws, and leaves nothing behind', async () => {
    for (const phase of ['checkpoint', 'graphs', 'parity', 'files'] as const) {
      await using folder = await temporaryFolder()
      const onProgress = (progress: ExportProgress) => {
        if (progress.phase === phase && progress.fraction > 0) throw new RangeError(phase)
      }
      await expect(exportModel({ checkpoint, out: join(folder.path, 'model'), onProgress })).rejects.toThrow(
        new RangeError(phase),
      )
      expect(await readdir(folder.path), phase).toEqual([])
    }
  })

  test('reports progress by phase, each from 0 to 1', async () => {
    const seen: ExportProgress[] = []
    await exportModel({ checkpoint, out: newPlace('model'), onProgress: progress => seen.push(progress) })
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['checkpoint', 'graphs', 'parity', 'files'])
    for (const phase of ['checkpoint', 'graphs', 'parity', 'files']) {
      const fractions = seen.filter(progress => progress.phase === phase).map(({ fraction }) => fraction)
      expect([fractions[0], fractions.at(-1)]).toEqual([0, 1])
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    }
  })

  test('restores the backend of tfjs, and leaks no tensors', async () => {
    await onBackend('wasm', () => {})
    await tf.setBackend('wasm')
    const before = { backend: tf.getBackend(), tensors: tf.memory().numTensors }
    await exportModel({ checkpoint, out: newPlace('model') })
    await expect(exportModel({ checkpoint, out: newPlace('model'), parityLimit: { float32: 0 } })).rejects.toThrow()
    expect({ backend: tf.getBackend(), tensors: tf.memory().numTensors }).toEqual(before)
  })

  test('two exports can run concurrently', async () => {
    const [one, two] = [newPlace('model'), newPlace('model')]
    const others = await checkpointOf({ classes: 0, source: null })
    await Promise.all([
      exportModel({ checkpoint, out: one, created }),
      exportModel({ checkpoint: others, out: two, created }),
    ])
    const alone = newPlace('model')
    await exportModel({ checkpoint, out: alone, created })
    expect(await filesIn(one)).toEqual(await filesIn(alone))
  })

  test('uses the command of the run, and its last grid up to the checkpoint', async () => {
    const run = newPlace('run')
    const png = (byte: number) => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, byte)
    const samples = [
      ['000006400.png', png(1)],
      ['000012800.png', png(2)],
      ['000019200.png', png(3)],
      ['notes.txt', png(4)],
    ] as const
    await writeFiles(join(run, 'samples'), new Map(samples))
    const command = 'mixflow train tiny --set seed=1'
    await writeFiles(run, new Map([['config.json', new TextEncoder().encode(JSON.stringify({ command }))]]))
    const step = await writeFiles(join(run, 'checkpoints', 'step-000000200'), tinyCheckpoint())

    for (const place of [run, step]) {
      const out = join(run, 'model')
      const { manifest, checkpoint: used } = await exportModel({ checkpoint: place, out, overwrite: true })
      expect(used).toBe(step)
      expect(manifest.training.command).toBe(command)
      expect(new Uint8Array(await readFile(join(out, 'grid.png')))).toEqual(png(2))
      expect(await readFile(join(out, 'README.md'), 'utf8')).toContain(
        'after 12,800 images, one class per row](grid.png)',
      )
    }
  })

  test('the default name is that of the run, or of the preset that the run is named after', async () => {
    const nameOf = async (run: string) => {
      await writeFiles(join(run, 'checkpoints', 'step-000000200'), tinyCheckpoint())
      return (await exportModel({ checkpoint: run, out: newPlace('model'), created })).manifest.name
    }
    expect(await nameOf(join(root.path, 'my faces'))).toBe('my-faces')
    expect(await nameOf(join(root.path, 'tiny'))).toBe('tiny')
  })

  test('uses the options for name, licence, texts and sampling', async () => {
    const quality = [
      { metric: 'curvature', value: 0.21, n: 1000, nfe: 128, solver: 'euler' },
      { metric: 'fd-shapes', value: 1.5, n: 1000, nfe: 5, solver: 'heun', guidance: 0.5 },
    ]
    const stated = { name: 'my-model', licence: 'CC-BY-SA-4.0', description: 'Shapes, **drawn**.', command: 'by hand' }
    const sampling = { solver: 'euler', steps: 4, guidance: 0 } as const
    const out = newPlace('model')
    const { manifest } = await exportModel({ checkpoint, out, ...stated, sampling, quality })
    const card = await readFile(join(out, 'README.md'), 'utf8')
    expect(card).toMatch(/fd-shapes *\| 1\.5 *\| 1,000 *\| heun, 5 NFE, guidance 0\.5 /)
    expect(manifest).toMatchObject({
      name: 'my-model',
      licence: 'CC-BY-SA-4.0',
      description: 'Shapes, **drawn**.',
      quality,
    })
    expect(manifest.training).toMatchObject({
      command: 'by hand',
      attribution: 'Shapes by nobody in particular, CC-BY-4.0',
    })
    expect(manifest.sampler).toEqual({ ...sampling, mixtureWeight: 0 })
  })

  test('uses the options for the image, texts and package of the card, and for a single precision', async () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 9)
    const words = { qualityText: '**Good.**', packageName: '@you/tiny', machine: 'a processor, 2 cores' }
    const card = { grid: { png, caption: 'Seeds 0 to 63' }, images: { 'baselines.png': png }, ...words }
    const out = newPlace('model')
    const { manifest } = await exportModel({ checkpoint, out, card, dtypes: ['float32'] })
    const text = await readFile(join(out, 'README.md'), 'utf8')
    expect(text).toContain('![Seeds 0 to 63](grid.png)')
    expect(text).toContain('## Quality\n\n**Good.**\n\n## Licence')
    expect(text).toContain("import files from '@you/tiny'")
    expect(text).toContain('| Machine | a processor, 2 cores |')
    expect(text).toContain("InferenceSession.create('denoiser.onnx')")
    for (const name of ['grid.png', 'baselines.png'])
      expect(new Uint8Array(await readFile(join(out, name)))).toEqual(png)
    expect(manifest.files.find(({ path }) => path === 'baselines.png')).toMatchObject({ role: 'report', bytes: 9 })
    expect(text).toContain('| `baselines.png` | an image of this card |')
    expect(new Set(manifest.files.map(({ dtype }) => dtype))).toEqual(new Set(['float32', undefined]))
  })

  test.each([
    [{ dtypes: [] }, /dtypes must be/, 'correct the option "dtypes"'],
    [{ dtypes: ['float64'] }, /dtypes must be/, 'correct the option "dtypes"'],
    [{ card: { gird: 1 } }, /unknown option "gird"/, 'did you mean "grid"?'],
    [{ card: { grid: { png: Uint8Array.of(1), caption: 'x' } } }, /a PNG file as bytes/, 'card.grid.png'],
    [{ card: { images: { '../a.png': Uint8Array.of(1) } } }, /card.images must be file names/, 'card.images'],
    [{ card: { images: { 'grid.png': Uint8Array.of(1) } } }, /card.images must be file names/, 'card.images'],
    [{ card: { images: { 'a.png': Uint8Array.of(1) } } }, /a PNG file as bytes/, 'card.images.a.png'],
    [{ nmae: 'x' }, /unknown option "nmae".*/, 'did you mean "name"?'],
    [{ name: '../x' }, /name must be/, 'correct the option "name"'],
    [{ name: '' }, /name must be/, 'correct the option "name"'],
    [{ licence: 7 }, /licence must be/, 'correct the option "licence"'],
    [{ overwrite: 'yes' }, /overwrite must be/, 'correct the option "overwrite"'],
    [{ parityLimit: { float32: Number.NaN } }, /parityLimit.float32 must be/, 'correct'],
    [{ parityLimit: { flaot32: 1 } }, /unknown option "flaot32"/, 'did you mean "float32"?'],
    [{ created: new Date('never') }, /created must be/, 'correct the option "created"'],
    [{ quality: {} }, /quality must be/, 'correct the option "quality"'],
    [{ sampling: { solver: 'midpoint', nfe: 5 } }, /midpoint cannot take exactly 5/, 'use nfe 4 or 6'],
    [{ sampling: { solver: 'huen' } }, /solver is "huen"/, 'heun'],
    [{ checkpoint: '' }, /checkpoint must be/, 'correct the option "checkpoint"'],
  ])('bad options are refused before any work: %j', async (bad, message, hint) => {
    const out = newPlace('model')
    const error = await exportModel({ checkpoint, out, ...(bad as object) }).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) })
    expect(error.hint).toContain(hint)
  })
})
