/** From a checkpoint of the paper's release to images: imported, exported, sampled, each step against the reference. */

import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError, normals, sample } from '@mixflow/core'
import {
  float32Values,
  parseCheckpoint,
  parseSafetensors,
  type StoredTensor,
  storedTensor,
  writeSafetensors,
} from '@mixflow/core/internal'
import { loadModel } from '@mixflow/sdk-node'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import { initialValues } from '@mixflow/zoo/networks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../export-model.ts'
import { runGraph, tfjsSampler } from '../fixtures/tfjs-sampler.ts'
import { type Folder, temporaryFolder } from '../fixtures/tiny-checkpoint.ts'
import { networkGraphs } from '../graph/network-graph.ts'
import { type ImportOptions, type ImportResult, importCheckpoint } from './import-checkpoint.ts'

let root: Folder
beforeAll(async () => {
  root = await temporaryFolder()
})
afterAll(() => root[Symbol.asyncDispose]())
let made = 0
const newPlace = (name: string) => join(root.path, `${++made}-${name}`)

const config = (denoiser: object, encoder: object): TrainingConfig => ({
  ...presets.cifar10.config,
  batchSize: 4,
  denoiser: { kind: 'song-unet', options: { ...presets.cifar10.config.denoiser.options, ...denoiser } },
  encoder: { kind: 'diffusers-unet', options: { ...presets.cifar10.config.encoder.options, ...encoder } },
})
const square = (edge: number) => ({ channels: 3, height: edge, width: edge })

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a, (value, i) => Math.abs(value - (b[i] as number))).reduce((x, y) => Math.max(x, y), 0)
    : Number.POSITIVE_INFINITY

// ---- the reference -------------------------------------------------------------------------------------------------

const folder = new URL('../../../../../shared/reference/ckpt/', import.meta.url)
const isThere = existsSync(folder)
if (!isThere) console.warn('skipped: the reference checkpoints are not beside the repository (shared/reference/ckpt)')
const pathOf = (name: string): string => new URL(name, folder).pathname

const tinyNetworks = config(
  { modelChannels: 8, multipliers: [1, 1], embeddingMultiplier: 2, blocks: 1, attentionResolutions: [] },
  { channels: [32], blocks: 1, attention: [] },
)
const networks = {
  'songunet-a-lightning': {
    image: square(16),
    config: config(
      { modelChannels: 16, blocks: 1, attentionResolutions: [8] },
      { channels: [32], blocks: 1, attention: [0] },
    ),
    step: 3,
  },
  'tiny-lightning': { image: square(8), config: tinyNetworks, step: 4 },
  'tiny-lightning-hparams': { image: square(8), config: tinyNetworks, step: 2 },
} as const

describe.skipIf(!isThere).each(Object.entries(networks))('%s.ckpt', (name, { step, ...options }) => {
  if (!isThere) return
  let imported: ImportResult
  const out = () => imported.folder
  const checkpoint = () => join(out(), 'checkpoints', `step-00000000${step}`)
  const expected = parseSafetensors(new Uint8Array(readFileSync(pathOf(`${name}.expected.safetensors`)))).tensors
  const numbers = (key: string) => float32Values(expected.get(key) as StoredTensor)

  beforeAll(async () => {
    imported = await importCheckpoint({
      ...options,
      file: pathOf(`${name}.ckpt`),
      out: newPlace(name),
      preset: 'cifar10',
    })
  })

  test('becomes a run with one checkpoint, weights and their average', async () => {
    expect(imported).toMatchObject({ step, roles: ['weights', 'ema'] })
    expect((await readdir(out())).sort()).toEqual(['checkpoints', 'config.json'])
    const record = parseCheckpoint(await readFile(join(checkpoint(), 'checkpoint.json')))
    expect(record).toMatchObject({ step, imagesSeen: 4 * step, preset: 'cifar10', image: options.image })
    expect(record.networks.denoiser.parameters).toBe(imported.parameters.denoiser)
  })

  test.each([
    ['weights', 'denoiser'],
    ['ema', 'ema.module'],
  ])('its networks are the reference’s: %s', async (role, key) => {
    const record = parseCheckpoint(await readFile(join(checkpoint(), 'checkpoint.json')))
    const tensors = parseSafetensors(await readFile(join(checkpoint(), `${role}.safetensors`))).tensors
    const [denoiser, encoder] = networkGraphs({ record, tensors })
    const { velocity } = await runGraph(denoiser!, { x: numbers('input.x'), t: numbers('input.t') })
    expect(apart(velocity!, numbers(`output.velocity.${key}`))).toBeLessThan(2e-5)
    const { mean, logVariance } = await runGraph(encoder!, { kappa: numbers('input.encoder_x') })
    expect(apart(mean!, numbers('output.encoder.mean'))).toBeLessThan(2e-5)
    expect(apart(logVariance!, numbers('output.encoder.log_var'))).toBeLessThan(2e-5)
  })

  test('exports, and the export samples what the reference’s average makes', async () => {
    const model = newPlace('model')
    const { manifest } = await exportModel({ checkpoint: out(), out: model })
    expect(manifest.parity.float32?.maxAbsError).toBeLessThan(2e-5)
    const request = { count: 2, seed: 3, solver: 'heun', nfe: 3 } as const
    const loaded = await loadModel(model)
    const { images } = await loaded.sample(request)
    await loaded.dispose()
    const reference = await sample(await tfjsSampler(out()), manifest, request)
    for (const [i, { data }] of images.entries()) expect(apart(data, reference.images[i]!.data)).toBeLessThan(1e-4)
  })
})

// ---- of our own ----------------------------------------------------------------------------------------------------

const small = {
  image: square(8),
  config: config(
    { modelChannels: 4, multipliers: [1], blocks: 1, attentionResolutions: [] },
    { channels: [32], blocks: 1, attention: [] },
  ),
}

/** A safetensors file with the release's names, as it comes out of `state_dict`. */
async function released(change: (tensors: Map<string, StoredTensor>) => void = () => {}): Promise<string> {
  const file = newPlace('model.safetensors')
  const { parameters } = await specs()
  const values = initialValues(parameters, { seed: 4 })
  const noise = (i: number, size: number) =>
    normals({ seed: 4, stream: 'probe', firstImage: i, images: 1, elementsPerImage: size })
  const tensors = new Map<string, StoredTensor>()
  for (const [i, { name, shape }] of parameters.entries()) {
    const start = values.get(name) as Float32Array
    const moves = noise(i, start.length)
    const moved = start.map((value, j) => value + 0.1 * (moves[j] as number))
    const [network, ...rest] = name.split('.')
    const own = rest.join('.')
    if (network === 'encoder') tensors.set(`noise_predictor.network.${own}`, storedTensor(moved, [...shape]))
    else {
      tensors.set(`denoiser.${own}`, storedTensor(start, [...shape]))
      tensors.set(`ema.module.${own}`, storedTensor(moved, [...shape]))
    }
  }
  change(tensors)
  await writeFile(file, writeSafetensors({ tensors }))
  return file
}

async function specs() {
  const { buildDenoiser, buildEncoder, networkContext } = await import('@mixflow/zoo/networks')
  const { weight, detachEncoder, ...source } = presets.cifar10.config.source
  const context = networkContext({ image: small.image, labels: null, source })
  const named = (prefix: string, parameters: ReturnType<typeof buildDenoiser>['parameters']) =>
    parameters.map(spec => ({ ...spec, name: `${prefix}.${spec.name}` }))
  return {
    parameters: [
      ...named('denoiser', buildDenoiser(small.config.denoiser, context).parameters),
      ...named('encoder', buildEncoder(small.config.encoder!, context).parameters),
    ],
  }
}

const attempt = (file: string, changes: Partial<ImportOptions> = {}) =>
  importCheckpoint({ ...small, file, out: newPlace('run'), ...changes })

async function refusalOf(promise: Promise<unknown>): Promise<MixflowError> {
  const error = await promise.then(
    () => undefined,
    reason => reason,
  )
  if (MixflowError.is(error)) return error
  throw error ?? new Error('was accepted')
}

describe('safetensors with the release’s names', () => {
  test('are imported: numbers of each role as they were', async () => {
    const file = await released()
    const seen: number[] = []
    const { folder: run, roles, step } = await attempt(file, { step: 500_000, onProgress: done => seen.push(done) })
    expect({ roles, step }).toEqual({ roles: ['weights', 'ema'], step: 500_000 })
    expect(seen.at(-1)).toBe(1)
    const given = parseSafetensors(new Uint8Array(readFileSync(file))).tensors
    for (const [role, prefix] of [
      ['weights', 'denoiser.'],
      ['ema', 'ema.module.'],
    ] as const) {
      const path = join(run, 'checkpoints', 'step-000500000', `${role}.safetensors`)
      const { tensors } = parseSafetensors(new Uint8Array(readFileSync(path)))
      for (const [name, { bytes }] of tensors) {
        const own = name.startsWith('encoder.')
          ? name.replace('encoder.', 'noise_predictor.network.')
          : name.replace('denoiser.', prefix)
        expect(apart(bytes, given.get(own)?.bytes ?? []), name).toBe(0)
      }
    }
  })

  test('half precision is widened; a file with only one of the two roles is enough', async () => {
    const file = await released(tensors => {
      for (const [name, tensor] of [...tensors]) {
        if (name.startsWith('denoiser.')) tensors.delete(name)
        else tensors.set(name, storedTensor(float32Values(tensor), [...tensor.shape], { dtype: 'F16' }))
      }
    })
    const { folder: run, roles } = await attempt(file)
    expect(roles).toEqual(['ema'])
    const path = join(run, 'checkpoints', 'step-000000000', 'ema.safetensors')
    expect(
      [...parseSafetensors(new Uint8Array(readFileSync(path))).tensors.values()].every(({ dtype }) => dtype === 'F32'),
    ).toBe(true)
  })

  const first = 'ema.module.map_layer0.weight'
  test.each<[string, (tensors: Map<string, StoredTensor>) => void, string]>([
    ['a tensor missing', tensors => void tensors.delete(first), 'tensor-missing'],
    [
      'a tensor of another shape',
      tensors => void tensors.set(first, storedTensor(new Float32Array(6), [2, 3])),
      'tensor-shape',
    ],
    [
      'a tensor of another network',
      tensors => void tensors.set('denoiser.enc.8x8_block9.conv0.bias', storedTensor(new Float32Array(4), [4])),
      'tensor-unknown',
    ],
    [
      'a tensor of nobody',
      tensors => void tensors.set('discriminator.weight', storedTensor(new Float32Array(4), [4])),
      'tensor-unknown',
    ],
    [
      'integers for weights',
      tensors => void tensors.set(first, storedTensor(new Int32Array(64), [16, 4])),
      'tensor-dtype',
    ],
    [
      'a number that is none',
      tensors => void tensors.set(first, storedTensor(new Float32Array(64).fill(Number.NaN), [16, 4])),
      'tensor-value',
    ],
    [
      'another resampling filter',
      tensors =>
        void tensors.set(
          'denoiser.enc.4x4_down.conv0.resample_filter',
          storedTensor(Float32Array.of(0.1, 0.4, 0.4, 0.1), [1, 1, 2, 2]),
        ),
      'tensor-value',
    ],
    [
      'no denoiser',
      tensors => {
        for (const name of [...tensors.keys()]) if (!name.startsWith('noise_')) tensors.delete(name)
      },
      'no-tensors',
    ],
  ])('refused with %s, and nothing is left behind', async (_, change, reason) => {
    const out = newPlace('run')
    const error = await refusalOf(attempt(await released(change), { out }))
    expect(error).toMatchObject({ code: 'CHECKPOINT_INVALID', details: { reason } })
    expect(error.hint).toBeDefined()
    expect(existsSync(out)).toBe(false)
    expect((await readdir(root.path)).filter(name => name.startsWith('.tmp-'))).toEqual([])
  })

  test('refused where the preset’s networks are others: the hint says so', async () => {
    const error = await refusalOf(attempt(await released(), { config: presets.cifar10.config, image: square(32) }))
    expect(error.hint).toContain('choose the preset')
  })
})

describe('an import', () => {
  test('writes to no folder with something in it', async () => {
    const { folder: run } = await attempt(await released())
    expect(await refusalOf(attempt(await released(), { out: run }))).toMatchObject({ code: 'EXPORT_EXISTS' })
  })

  test('of a file that is not there, or is a folder', async () => {
    expect(await refusalOf(attempt(newPlace('none.ckpt')))).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' })
    expect(await refusalOf(attempt(root.path))).toMatchObject({
      code: 'CHECKPOINT_INVALID',
      details: { reason: 'file' },
    })
  })

  test('ends when it is aborted, and refuses unknown options', async () => {
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    expect(await refusalOf(attempt(await released(), { signal: stop.signal, onProgress }))).toMatchObject({
      code: 'ABORTED',
    })
    expect((await refusalOf(attempt('x', { prest: 'x' } as object))).message).toContain('unknown option "prest"')
  })
})
