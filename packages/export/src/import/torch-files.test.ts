/** Files that PyTorch itself wrote, in both of its formats, with every kind of plain data beside the weights. */

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { numbersOf, open, refusalOf } from './fixtures/foreign-bytes.ts'
import { checkpointOps, op, tensorOps } from './fixtures/torch-file.ts'

interface TorchFiles {
  readonly expected: Readonly<Record<string, number[]>>
  readonly kinds: readonly string[]
  readonly files: Readonly<Record<string, string>>
}
const { expected, kinds, files } = JSON.parse(
  readFileSync(new URL('fixtures/torch-files.json', import.meta.url), 'utf8'),
) as TorchFiles
const bytesOf = (name: string) => gunzipSync(Buffer.from(files[name] as string, 'base64'))

test.each(Object.keys(files).filter(name => name !== 'kinds'))(
  '%s: the weights, whatever lies beside them',
  async name => {
    const checkpoint = await open(bytesOf(name))
    expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(expected))
    for (const [key, values] of Object.entries(expected)) expect(await numbersOf(checkpoint, key)).toEqual(values)
    expect(checkpoint.numbers.get('global_step')).toBe(5)
  },
)

test('tensors of kinds that are not read keep their name, shape and kind', async () => {
  const { tensors } = await open(bytesOf('kinds'))
  expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual(
    kinds.map(kind => [`denoiser.${kind}`, kind, [2]]),
  )
})

describe('the format before PyTorch 1.6', () => {
  const whole = bytesOf('legacy')

  test('cut short anywhere it is refused as cut short', async () => {
    for (let length = 40; length < whole.length; length += 7) {
      const { code, hint } = await refusalOf(whole.subarray(0, length))
      expect([code, hint]).toEqual([
        'CHECKPOINT_INVALID',
        'download or copy the file again: it is damaged or incomplete',
      ])
    }
    expect((await refusalOf(Buffer.concat([whole, Buffer.of(0)]))).details.reason).toBe('pickle-trailing')
  })

  const magic = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
  const system = (littleEndian: boolean) => [
    ...[...op.start, ...op.int(1001), ...op.stop, ...op.start, ...op.emptyDict, ...op.text('little_endian')],
    ...[littleEndian ? 0x88 : 0x89, ...op.setItem, ...op.stop],
  ]
  const storage = (numbers: readonly number[], count = numbers.length) => [
    ...[count, 0, 0, 0, 0, 0, 0, 0],
    ...new Uint8Array(Float32Array.from(numbers).buffer),
  ]
  const keys = (...names: string[]) => [
    ...[...op.start, ...op.emptyList, ...op.mark, ...names.flatMap(op.text), ...op.appends, ...op.stop],
  ]
  const state = checkpointOps({ x: tensorOps({ elements: 4, shape: [4], part: { offset: 1, elements: 3 } }) })
  const one = (tensor: Parameters<typeof tensorOps>[0]) => checkpointOps({ x: tensorOps(tensor) })
  const four = one({ elements: 4, shape: [4] })
  const file = (...parts: (readonly number[])[]) => Uint8Array.from([...magic, ...parts.flat()])

  test('a storage that is a part of another', async () => {
    const part = one({ elements: 4, shape: [2], offset: 1, part: { offset: 1, elements: 3 } })
    expect(await numbersOf(await open(file(system(true), part, keys('0'), storage([0, 1, 2, 3]))), 'x')).toEqual([2, 3])
  })

  test.each<[string, Uint8Array, string]>([
    ['of the other byte order', file(system(false), four, keys('0'), storage([0, 1, 2, 3])), 'storage-byte-order'],
    ['whose storage has another length', file(system(true), four, keys('0'), storage([0, 1, 2, 3], 3)), 'storage-size'],
    ['without its storage', file(system(true), four, keys()), 'storage-missing'],
    ['with a storage too many', file(system(true), four, keys('0', '1'), storage([0, 1, 2, 3])), 'storage-missing'],
    [
      'with a part beyond its storage',
      file(system(true), one({ elements: 4, shape: [4], part: { offset: 2, elements: 3 } })),
      'storage-size',
    ],
    ['with a tensor beyond its part', file(system(true), state), 'tensor-outside'],
    [
      'that asks for a call',
      file(system(true), [...op.start, ...op.global('os', 'system'), ...op.stop]),
      'pickle-name',
    ],
  ])('%s', async (_, bytes, reason) => {
    expect((await refusalOf(bytes)).details.reason).toBe(reason)
  })
})
