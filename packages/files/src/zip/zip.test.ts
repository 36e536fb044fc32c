import { crc32 } from '@mixflow/core/internal'
import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../byte-source.ts'
import { type WildEntry, zipBytes } from '../fixtures/zip-bytes.ts'
import { readZipDirectory } from './zip-directory.ts'
import { readZipEntry, readZipHead } from './zip-entry.ts'

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  name: 'a.zip',
  size: bytes.length,
  read: async (offset, length) => {
    if (offset + length > bytes.length) throw new Error('beyond the end')
    return new Uint8Array(bytes.subarray(offset, offset + length))
  },
})

const data = Uint8Array.from({ length: 3000 }, (_, i) => i >> 4)

async function readAll(entries: readonly WildEntry[]) {
  const source = sourceOf(zipBytes(entries))
  const { entries: listed } = await readZipDirectory(source)
  return Promise.all(listed.map(async entry => ({ name: entry.name, data: await readZipEntry(source, entry) })))
}

/** The bytes of a zip with `gap` bytes of nothing behind the first entry, as a file with a hole has them. */
function withGap(bytes: Buffer, { first, gap }: { first: number; gap: number }): ByteSource {
  const end = bytes.length - 22
  const tail = Buffer.from(bytes)
  tail.writeUInt32LE((tail.readUInt32LE(end + 16) + gap) % 2 ** 32, end + 16)
  const directory = tail.subarray(bytes.readUInt32LE(end + 16))
  // the second entry's offset, modulo 2^32
  const second = directory.indexOf(Buffer.from('PK\x01\x02', 'latin1'), 4)
  directory.writeUInt32LE((directory.readUInt32LE(second + 42) + gap) % 2 ** 32, second + 42)
  return {
    name: 'a.zip',
    size: bytes.length + gap,
    async read(offset, length) {
      const out = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        const at = offset + i
        if (at < first) out[i] = tail[at]!
        else if (at >= first + gap) out[i] = tail[at - gap]!
      }
      return out
    },
  }
}

describe('readZipDirectory', () => {
  it('lists all 70,000 entries where the count wrapped around at 65,536, and refuses any other count', async () => {
    const data = new Uint8Array(0)
    const bytes = zipBytes(Array.from({ length: 70_000 }, (_, i) => ({ name: `${i}`, data })))
    expect(bytes.readUInt16LE(bytes.length - 12)).toBe(4464)
    const { entries: listed } = await readZipDirectory(sourceOf(bytes))
    expect(listed.map(({ name }) => Number(name))).toEqual(Array.from({ length: 70_000 }, (_, i) => i))
    bytes.writeUInt16LE(4465, bytes.length - 12)
    await expect(readZipDirectory(sourceOf(bytes))).rejects.toThrow(
      'the directory lists 70000 entries, the end record 4465',
    )
  })

  it('locates entries beyond 4 GiB whose offsets wrapped around', async () => {
    const bytes = zipBytes([
      { name: 'a.png', data },
      { name: 'b.png', data: data.slice(7) },
    ])
    const source = withGap(bytes, { first: 30 + 5 + data.length, gap: 2 ** 32 + 12_345 })
    const { entries: listed } = await readZipDirectory(source)
    expect(listed.map(entry => entry.name)).toEqual(['a.png', 'b.png'])
    expect(listed[1]!.header).toBeLessThan(2 ** 32)
    expect(await readZipEntry(source, listed[0]!)).toEqual(data)
    expect(await readZipEntry(source, listed[1]!)).toEqual(data.slice(7))
  })

  it('reads a zip behind other bytes, with a comment', async () => {
    const zip = zipBytes([{ name: 'a.png', data }])
    zip.writeUInt16LE(5, zip.length - 2)
    const source = sourceOf(Buffer.concat([Buffer.from('#!/bin/sh unpack me'), zip, Buffer.from('hello')]))
    const {
      entries: [entry],
    } = await readZipDirectory(source)
    expect(await readZipEntry(source, entry!)).toEqual(data)
  })
})

describe('names', () => {
  const nameOf = async (name: Uint8Array | string, extra?: Uint8Array) => {
    const {
      entries: [entry],
    } = await readZipDirectory(sourceOf(zipBytes([{ name, data, ...(extra ? { extra } : {}) }])))
    return [entry!.name, entry!.guessedEncoding]
  }

  it('are UTF-8 where their bytes are valid UTF-8', async () => {
    expect(await nameOf('café/猫.png')).toEqual(['café/猫.png', null])
  })

  const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

  it.each([
    ['CP437', 'café', '63616682'],
    ['CP437', 'Öl', '996c'],
    ['CP437', 'Mädchen/été 1.png', '4d84646368656e 2f 827482 20312e706e67'],
    ['CP437', 'ÄPFEL', '8e5046454c'],
    ['CP437', 'straße', '73747261e165'],
    // code page 850 and Windows-1252, which are not recognised
    ['CP437', 'r¢d', '729b64'],
    ['CP437', 'cafΘ', '636166e9'],
    ['Shift-JIS', '猫/1.png', '944c 2f312e706e67'],
    ['Shift-JIS', 'いぬ', '82a282ca'],
    ['Shift-JIS', 'ア', '8341'],
    ['Shift-JIS', '写真 (1).jpg', '8eca905e 202831292e6a7067'],
    // a backslash as second byte
    ['Shift-JIS', '表/１.png', '955c 2f 8250 2e706e67'],
    ['GBK', '猫狗', 'c3a8b9b7'],
    ['GBK', '狗/照片１.jpg', 'b9b7 2f d5d5c6ac a3b1 2e6a7067'],
  ])('in no encoding of the format are read as %s where they look so: %s', async (encoding, text, bytes) => {
    expect(await nameOf(hex(bytes))).toEqual([text, encoding])
  })

  it('are judged together, and those in UTF-8 apart', async () => {
    const names = [hex('8ca2'), hex('944c'), hex('94fc96a1'), Buffer.from('café'), Buffer.from('plain')]
    const { entries } = await readZipDirectory(sourceOf(zipBytes(names.map(name => ({ name, data })))))
    expect(entries.map(({ name }) => name)).toEqual(['犬', '猫', '美味', 'café', 'plain'])
    // what is not valid in Shift-JIS makes all of them CP437
    const mixed = await readZipDirectory(sourceOf(zipBytes([hex('944c'), hex('ff')].map(name => ({ name, data })))))
    expect(mixed.entries.map(({ guessedEncoding }) => guessedEncoding)).toEqual(['CP437', 'CP437'])
  })

  it('are those of a Unicode path field whose checksum matches the name', async () => {
    const field = (sum: number) => {
      const path = Buffer.from('猫')
      const bytes = Buffer.alloc(9)
      bytes.writeUInt16LE(0x7075, 0)
      bytes.writeUInt16LE(5 + path.length, 2)
      bytes[4] = 1
      bytes.writeUInt32LE(sum, 5)
      return Buffer.concat([bytes, path])
    }
    const name = Uint8Array.of(0x94, 0x4c)
    expect(await nameOf(name, field(0xb4e83d80))).toEqual(['猫', 'Shift-JIS'])
    expect(await nameOf(name, field(crc32(name)))).toEqual(['猫', null])
  })
})

describe('readZipEntry', () => {
  it('reads stored and deflated entries, and the head of each', async () => {
    const entries = [
      { name: 'a', data },
      { name: 'b', data, deflate: true },
    ]
    expect((await readAll(entries)).map(entry => new Uint8Array(entry.data))).toEqual([data, data])
    const source = sourceOf(zipBytes(entries))
    for (const entry of (await readZipDirectory(source)).entries) {
      expect(new Uint8Array(await readZipHead(source, entry, 32))).toEqual(data.subarray(0, 32))
    }
  })

  it.each<[string, WildEntry, RegExp]>([
    ['another CRC', { name: 'a', data, crc32: 7 }, /does not have the CRC/],
    ['another CRC behind Deflate', { name: 'a', data, crc32: 7, deflate: true }, /does not have the CRC/],
    [
      'a local header of another name',
      { name: 'a', data, localName: 'b' },
      /described differently by the directory and its local header/,
    ],
    ['encryption', { name: 'a', data, flags: 1 }, /is encrypted/],
  ])('refuses %s', async (_, entry, message) => {
    await expect(readAll([entry])).rejects.toThrow(message)
  })
})
