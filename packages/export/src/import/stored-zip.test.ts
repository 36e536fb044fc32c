/** Archives as PyTorch writes them, each wrong in one place. */

import { describe, expect, test } from 'vitest'
import { good, refusalOf } from './fixtures/foreign-bytes.ts'
import { float32Bytes, zipFile } from './fixtures/torch-file.ts'

describe('a wrong archive', () => {
  const entries = [
    ['a/data.pkl', good],
    ['a/data/0', float32Bytes([0, 1, 2, 3, 4, 5, 6, 7])],
  ] as const
  const patched = (change: (view: DataView, at: { local: number; listed: number; end: number }) => void) => {
    const bytes = zipFile(entries)
    const view = new DataView(bytes.buffer)
    const find = (signature: number, from: number) => {
      for (let at = from; ; at++) if (view.getUint32(at, true) === signature) return at
    }
    const local = find(0x04034b50, 4)
    change(view, { local, listed: find(0x02014b50, find(0x02014b50, 0) + 4), end: find(0x06054b50, 0) })
    return bytes
  }
  test.each<[string, Uint8Array, string]>([
    ['of nothing', new Uint8Array(0), 'file'],
    ['that is text', new TextEncoder().encode('weights of a model, as they are described in words'), 'not-an-archive'],
    ['with bytes before it', Uint8Array.from([0, ...zipFile(entries)]), 'not-an-archive'],
    ['with bytes after it', Uint8Array.from([...zipFile(entries), 0]), 'zip-truncated'],
    ['with an entry twice', zipFile([...entries, entries[1]]), 'zip-duplicate'],
    ['that is encrypted', zipFile(entries, { flags: 1 }), 'zip-encrypted'],
    ['that is compressed', zipFile(entries, { method: 8 }), 'zip-compressed'],
    ['without a pickle', zipFile([entries[1]]), 'pickle-missing'],
    ['with two', zipFile([...entries, ['b/data.pkl', good]]), 'pickle-missing'],
    [
      'of the other byte order',
      zipFile([...entries, ['a/byteorder', [...'big'].map(c => c.charCodeAt(0))]]),
      'storage-byte-order',
    ],
    ['whose entry has another name in front', patched((v, { local }) => v.setUint8(local + 30, 0x62)), 'zip-local'],
    [
      'whose entry has another size in front',
      patched((v, { local }) => v.setUint32(local + 18, 31, true)),
      'zip-local',
    ],
    [
      'whose entry is larger than the file',
      patched((v, { local, listed }) => {
        for (const at of [local + 18, local + 22, listed + 20, listed + 24]) v.setUint32(at, 1_000_000, true)
      }),
      'zip-size',
    ],
    ['whose entries overlap', patched((v, { listed }) => v.setUint32(listed + 42, 0, true)), 'zip-local'],
    ['whose directory is elsewhere', patched((v, { end }) => v.setUint32(end + 16, 3, true)), 'zip-directory'],
    ['whose directory is one entry short', patched((v, { end }) => v.setUint16(end + 10, 1, true)), 'zip-directory'],
    ['of several disks', patched((v, { end }) => v.setUint16(end + 4, 1, true)), 'zip-multi-disk'],
    ['with a flipped bit in its numbers', patched((v, { local }) => v.setUint8(local + 30 + 8 + 2, 1)), 'zip-crc'],
    [
      'with a name that is no text',
      patched((v, { local, listed }) => {
        v.setUint8(local + 30, 0xff)
        v.setUint8(listed + 46, 0xff)
      }),
      'zip-name',
    ],
  ])('%s', async (_, bytes, reason) => {
    expect((await refusalOf(bytes)).details.reason).toBe(reason)
  })
})
