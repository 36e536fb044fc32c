import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MixflowError } from '../errors.ts'
import {
  type Checkpoint,
  type CheckpointRole,
  checkpointToJson,
  parseCheckpoint,
  readCheckpointTensors,
  sampledLabels,
  verifyCheckpointFiles,
} from './checkpoint.ts'
import { attempt, changed, damage, damaged, hostileValue, paths, refusal } from './fixtures/damage.ts'
import { anyCheckpoint, exampleCheckpoint } from './fixtures/examples.ts'
import { writeSafetensors } from './safetensors.ts'
import { sha256Hex } from './sha256.ts'
import { storedTensor, tensorValues } from './tensor-dtype.ts'

const everyPath = paths(exampleCheckpoint).filter(path => path.length > 0)

function sound(run: () => Checkpoint): void {
  const outcome = attempt(run)
  if ('value' in outcome) expect(parseCheckpoint(checkpointToJson(outcome.value))).toStrictEqual(outcome.value)
  else expect(outcome.error.code).toBe('CHECKPOINT_INVALID')
}

describe('round trip', () => {
  it('of the example with every key, to a text that is stable', () => {
    const text = checkpointToJson(exampleCheckpoint)
    expect(parseCheckpoint(text)).toStrictEqual(exampleCheckpoint)
    expect(checkpointToJson(parseCheckpoint(new TextEncoder().encode(text)))).toBe(text)
  })

  it('of any checkpoint, its numbers to the last bit', () => {
    fc.assert(
      fc.property(anyCheckpoint, checkpoint => {
        expect(parseCheckpoint(checkpointToJson(checkpoint))).toEqual(checkpoint)
      }),
    )
  })
})

describe('mutations', () => {
  it('a missing key is refused unless optional, an unknown one outside of open records', () => {
    const optional = new Set<string>()
    const open = new Set<string>()
    for (const path of everyPath) {
      if (typeof path.at(-1) === 'number') continue
      const name = path.filter(step => typeof step === 'string').join('.')
      const without = changed(exampleCheckpoint, path, (container, key) => delete container[key])
      if ('value' in attempt(() => parseCheckpoint(JSON.stringify(without)))) optional.add(name)
      const extra = changed(exampleCheckpoint, path, container => {
        container.surprise = 1
      })
      const outcome = attempt(() => parseCheckpoint(JSON.stringify(extra)))
      if ('value' in outcome)
        open.add(
          path
            .filter(step => typeof step === 'string')
            .slice(0, -1)
            .join('.'),
        )
      else expect(outcome.error.details.reason).toBe('unknown-key')
    }
    const config = ['config.batchSize', 'config.flip', 'config.note', 'config.source', 'config.source.kappa']
    const networks = ['networks.denoiser.options.channels', 'networks.encoder.options.channels']
    const rest = ['dataset.attribution', 'dataset.licence', 'labels.names']
    const scalars = ['optimizer.scalars.rate', 'optimizer.scalars.step']
    expect([...optional].sort()).toEqual([...config, 'config.source.levels', ...rest, ...networks, ...scalars].sort())
    expect([...open].sort()).toEqual([
      'config',
      'config.source',
      'networks.denoiser.options',
      'networks.encoder.options',
      'optimizer.scalars',
    ])
  })

  it('a hostile value anywhere is refused, or the checkpoint is a valid one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyPath), hostileValue, (path, value) => {
        const checkpoint = changed<unknown>(exampleCheckpoint, path, (container, key) => {
          container[key] = value
        })
        sound(() => parseCheckpoint(JSON.stringify(checkpoint)))
      }),
      { numRuns: 2000 },
    )
  })

  it('damaged bytes are refused, or the checkpoint is a valid one', () => {
    const bytes = new TextEncoder().encode(checkpointToJson(exampleCheckpoint))
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), acts => {
        sound(() => parseCheckpoint(acts.reduce<Uint8Array>((sofar, act) => damaged(sofar, act), bytes)))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('refuses', () => {
  it.each<[string, (string | number)[], unknown, string]>([
    ['a manifest', ['format'], 'mixflow-model', 'format'],
    ['a later version', ['version'], 2, 'version'],
    ['a file in a folder', ['files', 0, 'name'], 'a/w.safetensors', 'path'],
    ['a file outside', ['files', 0, 'name'], '../w.safetensors', 'path'],
    ['a file of another kind', ['files', 0, 'name'], 'w.bin', 'path'],
    ['a file twice', ['files', 0, 'name'], 'EMA.safetensors', 'duplicate'],
    ['only an optimizer', ['files'], [exampleCheckpoint.files[2]], 'inconsistent'],
    ['a source without encoder', ['networks', 'encoder'], null, 'inconsistent'],
    ['a negative seed', ['seed'], -1, 'range'],
    ['half a step', ['step'], 0.5, 'type'],
    ['a scalar that is text', ['optimizer', 'scalars', 'rate'], '1', 'type'],
  ])('%s', (_, path, value, reason) => {
    const checkpoint = changed<unknown>(exampleCheckpoint, path, (container, key) => {
      container[key] = value
    })
    expect(refusal(() => parseCheckpoint(JSON.stringify(checkpoint))).details.reason).toBe(reason)
  })

  it.each<[string, Record<string, unknown>]>([
    ['NaN', { a: [Number.NaN] }],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['a function', { a: () => 1 }],
    ['a typed array', { a: Float32Array.of(1) }],
    ['a big integer', { a: 1n }],
  ])('to write a configuration with %s, which JSON would lose', (_, config) => {
    const error = refusal(() => checkpointToJson({ ...exampleCheckpoint, config: config as Checkpoint['config'] }))
    expect(error.details).toMatchObject({ reason: 'type', path: expect.stringMatching(/^config\.a/) })
  })

  it('to write a configuration that contains itself', () => {
    const config: Record<string, unknown> = {}
    config.self = config
    const error = refusal(() => checkpointToJson({ ...exampleCheckpoint, config: config as Checkpoint['config'] }))
    expect(error.details.reason).toBe('json-depth')
  })
})

describe('files', () => {
  const weights = (...values: number[]) => ({
    'denoiser.w': storedTensor(Float32Array.from(values), [values.length]),
    'encoder.b': storedTensor(Float32Array.of(3), []),
  })

  async function folder(
    parts: readonly (readonly [string, CheckpointRole, Uint8Array])[],
    change: Partial<Checkpoint> = {},
  ) {
    const files = await Promise.all(
      parts.map(async ([name, role, data]) => ({ name, role, bytes: data.length, sha256: await sha256Hex(data) })),
    )
    const checkpoint = { ...exampleCheckpoint, ...change, files }
    return { checkpoint, files: new Map(parts.map(([name, , data]) => [name, data])) }
  }

  const whole = () =>
    folder([
      ['weights.safetensors', 'weights', writeSafetensors({ tensors: weights(1, 2) })],
      ['ema.safetensors', 'ema', writeSafetensors({ tensors: weights(1.5, 2.5) })],
      ['adam.safetensors', 'optimizer', writeSafetensors({ tensors: { m: storedTensor(Float32Array.of(1), [1]) } })],
    ])

  async function refused(run: Promise<unknown>) {
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!MixflowError.is(error)) throw error ?? new Error('expected a MixflowError')
    expect(error.hint).toBeTruthy()
    return error
  }

  it('hash as known', async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    const shared = new Uint8Array(new SharedArrayBuffer(3))
    shared.set([97, 98, 99])
    expect(await sha256Hex(shared)).toMatch(/^ba7816bf/)
  })

  it('that are whole give their tensors by role', async () => {
    const { checkpoint, files } = await whole()
    await verifyCheckpointFiles(parseCheckpoint(checkpointToJson(checkpoint)), files)
    const tensors = await readCheckpointTensors(checkpoint, files)
    expect(tensorValues(tensors.weights.get('denoiser.w')!)).toEqual(Float32Array.of(1, 2))
    expect(tensorValues(tensors.ema.get('denoiser.w')!)).toEqual(Float32Array.of(1.5, 2.5))
    expect([...tensors.optimizer.keys()]).toEqual(['m'])
  })

  it('that are missing, cut short, or changed in any one byte are refused', async () => {
    const { checkpoint, files } = await whole()
    for (const [name, data] of files) {
      const others = new Map(files)
      others.delete(name)
      expect((await refused(verifyCheckpointFiles(checkpoint, others))).details).toMatchObject({
        reason: 'file-missing',
      })
      others.set(name, data.subarray(1))
      const cut = await refused(readCheckpointTensors(checkpoint, others))
      expect(cut.details).toMatchObject({ reason: 'file-size', name, expected: data.length })
      const flipped = data.slice()
      flipped[data.length - 1]! ^= 1
      others.set(name, flipped)
      expect((await refused(readCheckpointTensors(checkpoint, others))).details).toMatchObject({
        reason: 'file-hash',
        name,
      })
    }
  })

  const one = storedTensor(Float32Array.of(1), [1])
  it.each<[string, Parameters<typeof folder>, string]>([
    [
      'a tensor without prefix',
      [[['w.safetensors', 'weights', writeSafetensors({ tensors: { conv: one } })]]],
      'tensor-name',
    ],
    [
      'an encoder tensor where there is no encoder',
      [
        [['w.safetensors', 'weights', writeSafetensors({ tensors: { 'encoder.x': one } })]],
        { networks: { ...exampleCheckpoint.networks, encoder: null }, source: null },
      ],
      'tensor-name',
    ],
    [
      'a tensor in two files of a role',
      [
        [
          ['a.safetensors', 'ema', writeSafetensors({ tensors: { 'denoiser.x': one } })],
          ['b.safetensors', 'ema', writeSafetensors({ tensors: { 'denoiser.x': one } })],
        ],
      ],
      'duplicate',
    ],
    [
      'weights and EMA of different shapes',
      [
        [
          ['a.safetensors', 'weights', writeSafetensors({ tensors: { 'denoiser.x': one } })],
          ['b.safetensors', 'ema', writeSafetensors({ tensors: { 'denoiser.x': { ...one, shape: [1, 1] } } })],
        ],
      ],
      'tensor-mismatch',
    ],
    [
      'a file that is no safetensors, though its hash is right',
      [[['a.safetensors', 'weights', new Uint8Array(20)]]],
      'header-start',
    ],
  ])('%s is refused', async (_, parts, reason) => {
    const { checkpoint, files } = await folder(...parts)
    expect((await refused(readCheckpointTensors(checkpoint, files))).details.reason).toBe(reason)
  })
})

it('a label is required of a sampler where training hid none, and nowhere else', () => {
  const labels = { count: 3, names: ['a', 'b', 'c'] }
  expect(sampledLabels({ labels, config: { labelDropout: 0 } })).toEqual({ ...labels, required: true })
  expect(sampledLabels({ labels, config: { labelDropout: 0.1 } })).toEqual(labels)
  expect(sampledLabels({ labels, config: {} })).toEqual(labels)
  expect(sampledLabels({ labels: null, config: { labelDropout: 0 } })).toBeNull()
})
