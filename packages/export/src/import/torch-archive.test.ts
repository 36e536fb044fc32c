/** PyTorch's files: what the reference's hold, and that nothing but tensors and plain values ever comes out of one. */

import { existsSync, readFileSync } from 'node:fs'
import { type ByteSource, bytesSource } from '@mixflow/files'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { good, numbersOf, open, refusalOf } from './fixtures/foreign-bytes.ts'
import { checkpointOps, op, tensorOps, torchFile } from './fixtures/torch-file.ts'
import { openForeign } from './foreign-checkpoint.ts'

// ---- the reference's files -----------------------------------------------------------------------------------------

const folder = new URL('../../../../../shared/reference/ckpt/', import.meta.url)
const isThere = existsSync(folder)
if (!isThere) console.warn('skipped: the reference checkpoints are not beside the repository (shared/reference/ckpt)')
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)))

interface Listing {
  readonly good: readonly {
    readonly file: string
    readonly must_read: Readonly<Record<string, unknown>>
    readonly state_dict: Readonly<Record<string, { shape: number[]; dtype: string; sum: number; l2: number }>>
  }[]
  readonly mini_good: { readonly file: string; readonly state_dict: Readonly<Record<string, number[] | number[][]>> }
  readonly bad: readonly { readonly file: string; readonly kind: 'malicious' | 'corrupt' }[]
}

describe.skipIf(!isThere)('the reference’s checkpoints', () => {
  if (!isThere) return
  const listing = JSON.parse(new TextDecoder().decode(bytesOf('ckpt.json'))) as Listing

  test.each(listing.good.map(({ file, ...rest }) => [file, rest] as const))(
    '%s',
    async (file, { must_read, state_dict }) => {
      const checkpoint = await open(bytesOf(file), file)
      expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(state_dict))
      for (const [name, { shape, dtype, sum, l2 }] of Object.entries(state_dict)) {
        const tensor = checkpoint.tensors.get(name)
        expect([name, tensor?.shape, tensor?.dtype]).toEqual([name, shape, dtype === 'float32' ? 'F32' : 'I64'])
        if (dtype !== 'float32') continue
        const values = await numbersOf(checkpoint, name)
        expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 5)
        expect(Math.hypot(...values) / l2 || 1).toBeCloseTo(1, 5)
      }
      expect(checkpoint.numbers.get('global_step')).toBe(must_read.global_step)
      expect(checkpoint.numbers.get('epoch')).toBe(must_read.epoch)
    },
  )

  test('the small one made by hand, with a tensor that takes every other number', async () => {
    const { file, state_dict } = listing.mini_good
    const checkpoint = await open(bytesOf(file))
    for (const [name, values] of Object.entries(state_dict)) {
      expect(await numbersOf(checkpoint, name)).toEqual((values as number[][]).flat())
    }
  })

  const reasons: Readonly<Record<string, string>> = {
    'bad-os-system.ckpt': 'pickle-name',
    'bad-eval.ckpt': 'pickle-name',
    'bad-getattr.ckpt': 'pickle-name',
    'bad-storage-numel.ckpt': 'storage-size',
    'bad-tensor-out-of-storage.ckpt': 'tensor-outside',
    'bad-negative-stride.ckpt': 'tensor-shape',
    'bad-missing-record.ckpt': 'storage-missing',
    'bad-huge-shape.ckpt': 'tensor-expanded',
    'bad-truncated.ckpt': 'zip-truncated',
    'bad-zip-size.ckpt': 'zip-size',
    'bad-central-directory-offset.ckpt': 'zip-directory',
    'bad-crc.ckpt': 'zip-crc',
    'not-a-zip.ckpt': 'not-a-checkpoint',
  }

  test.each(listing.bad.map(({ file, kind }) => [file, kind] as const))('%s is refused', async (file, kind) => {
    const error = await refusalOf(bytesOf(file))
    expect(error.code).toBe(kind === 'malicious' ? 'CHECKPOINT_UNSAFE' : 'CHECKPOINT_INVALID')
    expect({ [file]: error.details.reason }).toEqual({ [file]: reasons[file] })
    expect(error.hint?.length).toBeGreaterThan(20)
  })
})

// ---- files of our own ----------------------------------------------------------------------------------------------

describe('what PyTorch may write is read', () => {
  test.each([
    ['plain', {}],
    ['sizes after the data', { descriptors: true }],
    ['64-bit end records', { wide: true, descriptors: true }],
    ['a comment at the end', { comment: 'PK\u0005\u0006 is how an end begins' }],
  ])('%s', async (_, options) => {
    const checkpoint = await open(torchFile(good, undefined, options))
    expect(await numbersOf(checkpoint, 'denoiser.a')).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(checkpoint.numbers.get('global_step')).toBe(3)
  })

  test('a state_dict by itself, a parameter, an empty tensor, a scalar', async () => {
    const parameter = [
      ...op.global('torch._utils', '_rebuild_parameter'),
      ...op.mark,
      ...tensorOps({ elements: 8, shape: [8] }),
      ...[...op.no, ...op.none, ...op.tuple, ...op.reduce],
    ]
    const entries = [
      ['p', parameter],
      ['empty', tensorOps({ elements: 8, shape: [0, 3] })],
      ['scalar', tensorOps({ elements: 8, offset: 5, shape: [] })],
    ] as const
    const items = entries.flatMap(([name, value]) => [...op.text(name), ...value, ...op.setItem])
    const checkpoint = await open(torchFile([...op.start, ...op.emptyDict, ...items, ...op.stop]))
    expect(await numbersOf(checkpoint, 'p')).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await numbersOf(checkpoint, 'empty')).toEqual([])
    expect(await numbersOf(checkpoint, 'scalar')).toEqual([5])
  })

  test('any view whose indices stay inside its storage is its numbers in order', async () => {
    const views = fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
        fc.array(fc.nat(7), { minLength: 4, maxLength: 4 }),
        fc.nat(8),
      )
      .map(([shape, strides, offset]) => ({ shape, strides: strides.slice(0, shape.length), offset }))
    const storage = Array.from({ length: 40 }, (_, i) => i)
    await fc.assert(
      fc.asyncProperty(views, async ({ shape, strides, offset }) => {
        const expected = shape.reduce<number[]>(
          (places, size, d) =>
            places.flatMap(place => Array.from({ length: size }, (_, i) => place + i * (strides[d] as number))),
          [offset],
        )
        const fits =
          expected.length <= 40 && expected.every(place => place < 40) && (expected.length > 0 || offset <= 40)
        const file = torchFile(checkpointOps({ x: tensorOps({ elements: 40, shape, strides, offset }) }), storage)
        if (fits) expect(await numbersOf(await open(file), 'x')).toEqual(expected)
        else expect((await refusalOf(file)).details.reason).toMatch(/^tensor-/)
      }),
      { seed: 6, numRuns: 400 },
    )
  })

  test('a tensor is read in pieces no larger than a megabyte, and by itself', async () => {
    const numbers = new Array<number>(600_000).fill(1)
    const whole = torchFile(checkpointOps({ x: tensorOps({ elements: 600_000, offset: 7, shape: [100] }) }), numbers)
    const lengths: number[] = []
    const source: ByteSource = {
      ...bytesSource('x', whole),
      async read(at, length) {
        lengths.push(length)
        return whole.subarray(at, at + length)
      },
    }
    const checkpoint = await openForeign(source)
    expect(await numbersOf(checkpoint, 'x')).toEqual(new Array(100).fill(1))
    expect(Math.max(...lengths)).toBe(2 ** 20)
  })
})

describe('a wrong tensor', () => {
  const state = (tensor: Parameters<typeof tensorOps>[0]) => torchFile(checkpointOps({ x: tensorOps(tensor) }))
  test.each<[string, Parameters<typeof tensorOps>[0], string]>([
    ['that reaches past its storage', { elements: 8, offset: 1, shape: [8] }, 'tensor-outside'],
    ['that begins past it', { elements: 8, offset: 9, shape: [0] }, 'tensor-outside'],
    ['that begins before it', { elements: 8, offset: -1, shape: [2] }, 'tensor-shape'],
    ['of negative size', { elements: 8, shape: [-2] }, 'tensor-shape'],
    ['of negative stride', { elements: 8, offset: 7, shape: [8], strides: [-1] }, 'tensor-shape'],
    ['with a stride too few', { elements: 8, shape: [2, 2], strides: [1] }, 'tensor-shape'],
    ['repeated by a stride of 0', { elements: 8, shape: [9], strides: [0] }, 'tensor-expanded'],
    ['beyond any memory', { elements: 8, shape: [2 ** 31, 2 ** 31], strides: [0, 0] }, 'tensor-expanded'],
    ['of 65 dimensions', { elements: 8, shape: new Array(65).fill(1) }, 'tensor-shape'],
    ['of a storage that is not there', { key: '1', elements: 8, shape: [8] }, 'storage-missing'],
    ['of a storage elsewhere', { key: '../byteorder', elements: 8, shape: [8] }, 'storage-missing'],
    ['of a storage said to be larger', { elements: 2 ** 40, shape: [8] }, 'storage-size'],
    ['of a storage said to be smaller', { elements: 7, shape: [7] }, 'storage-size'],
    ['of a storage of other numbers', { type: 'DoubleStorage', elements: 8, shape: [8] }, 'storage-size'],
    ['of a storage of a kind that is not there', { type: 'UntypedStorage', elements: 8, shape: [8] }, 'pickle-name'],
  ])('%s', async (_, tensor, reason) => {
    expect((await refusalOf(state(tensor))).details.reason).toBe(reason)
  })
})
