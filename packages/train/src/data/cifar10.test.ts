import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { packTar, type TarEntry } from 'modern-tar'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../fixtures/test-folder.ts'
import { parseCifar10, readCifar10 } from './cifar10.ts'
import { missing, realCifar10 } from './fixtures/real-data.ts'

const recordBytes = 3073
/** A batch whose record n has label n % 10 and pixels all equal to n. */
const batch = (records: number, first = 0) =>
  Uint8Array.from({ length: records * recordBytes }, (_, i) => {
    const n = first + Math.floor(i / recordBytes)
    return i % recordBytes === 0 ? n % 10 : n
  })

describe.skipIf(missing(realCifar10))('real CIFAR-10', () => {
  it('has the expected first training images', async () => {
    const data = await readCifar10(realCifar10, 'train')
    expect(data).toMatchObject({ name: 'cifar10', split: 'train', count: 50_000, channels: 3, height: 32, width: 32 })
    const names = [...data.labels!.subarray(0, 5)].map(label => data.classNames![label])
    expect(names).toEqual(['frog', 'truck', 'truck', 'deer', 'automobile'])
    const counts = new Array(10).fill(0)
    for (const label of data.labels!) counts[label]++
    expect(counts).toEqual(new Array(10).fill(5000))
    const sums = [0, 0, 0]
    for (let i = 0; i < data.images.length; i++) sums[((i / 1024) | 0) % 3]! += data.images[i]!
    const means = sums.map(sum => sum / (50_000 * 1024) / 255)
    for (const [channel, mean] of [0.4914, 0.4822, 0.4465].entries()) expect(means[channel]).toBeCloseTo(mean, 4)
  })

  it('has test images: cat, ship, ship, airplane', async () => {
    const data = await readCifar10(realCifar10, 'test')
    expect(data.split).toBe('test')
    expect([...data.labels!.subarray(0, 4)].map(label => data.classNames![label])).toEqual([
      'cat',
      'ship',
      'ship',
      'airplane',
    ])
  })
})

describe('parseCifar10', () => {
  it('keeps the order of files, records and planes', () => {
    const record = Uint8Array.from({ length: recordBytes }, (_, i) => (i === 0 ? 7 : i % 251))
    const data = parseCifar10(
      [
        { name: 'a', bytes: batch(2) },
        { name: 'b', bytes: record },
      ],
      'train',
    )
    expect(data.labels).toEqual(Int32Array.of(0, 1, 7))
    expect(data.images.subarray(3072, 6144)).toEqual(new Uint8Array(3072).fill(1))
    expect(data.images.subarray(6144)).toEqual(record.subarray(1))
  })

  it('refuses incomplete records and labels above 9', () => {
    const parse = (bytes: Uint8Array) => () => parseCifar10([{ name: 'data_batch_1.bin', bytes }], 'train')
    expect(parse(new Uint8Array(0))).toThrow(/has 0 bytes, which is not a multiple of 3073/)
    expect(parse(batch(2).subarray(0, -1))).toThrow(/has 6145 bytes/)
    const mislabelled = batch(3)
    mislabelled[2 * recordBytes] = 10
    expect(parse(mislabelled)).toThrow(/data_batch_1\.bin: record 2 has label 10/)
  })

  it('reads or refuses any modified batch', () => {
    const change = fc.record({
      edits: fc.array(fc.record({ at: fc.constantFrom(0, recordBytes, 5, 4000), byte: fc.nat(255) }), { maxLength: 3 }),
      keep: fc.constantFrom(0, 1, recordBytes - 1, recordBytes, 2 * recordBytes - 1, 2 * recordBytes),
    })
    fc.assert(
      fc.property(change, ({ edits, keep }) => {
        const bytes = batch(2)
        for (const { at, byte } of edits) bytes[at] = byte
        const kept = bytes.subarray(0, keep)
        const good = keep > 0 && keep % recordBytes === 0 && kept.every((byte, i) => i % recordBytes > 0 || byte < 10)
        const parse = () => parseCifar10([{ name: 'x', bytes: kept }], 'train')
        if (good) expect(parse().count).toBe(keep / recordBytes)
        else expect(parse).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }))
      }),
      { seed: 1 },
    )
  })
})

describe('readCifar10', () => {
  let folder: string
  testFolder(path => {
    folder = path
  })

  const file = (name: string, body: Uint8Array): TarEntry => ({
    header: { name, size: body.length, type: 'file' },
    body,
  })
  const archive = async (entries: TarEntry[]) => {
    const path = join(folder, 'cifar-10-binary.tar.gz')
    await writeFile(path, gzipSync(await packTar(entries)))
    return path
  }

  it('reads a folder in numeric order, or its parent folder', async () => {
    for (let n = 1; n <= 11; n++) await writeFile(join(folder, `data_batch_${n}.bin`), batch(1, n))
    const data = await readCifar10(folder, 'train')
    expect([...data.labels!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    const outer = join(folder, 'outer')
    const inner = join(outer, 'cifar-10-batches-bin')
    await mkdir(inner, { recursive: true })
    for (let n = 1; n <= 11; n++) await rename(join(folder, `data_batch_${n}.bin`), join(inner, `data_batch_${n}.bin`))
    expect((await readCifar10(outer, 'train')).fingerprint()).toBe(data.fingerprint())
  })

  it('names a missing batch', async () => {
    await writeFile(join(folder, 'data_batch_1.bin'), batch(1))
    await writeFile(join(folder, 'data_batch_3.bin'), batch(1))
    await expect(readCifar10(folder, 'train')).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringContaining('no data_batch_2.bin'),
    })
    await expect(readCifar10(folder, 'test')).rejects.toThrow(/no CIFAR-10 test batches/)
  })

  it('reads only the batches of an archive, whatever its entries are called', async () => {
    const path = await archive([
      { header: { name: 'cifar-10-batches-bin', size: 0, type: 'directory' } },
      file('cifar-10-batches-bin/readme.html', Buffer.from('<html>')),
      file('../../data_batch_2.bin', batch(2, 5)),
      { header: { name: 'cifar-10-batches-bin/data_batch_9.bin', size: 0, type: 'symlink', linkname: '/etc/passwd' } },
      file('cifar-10-batches-bin/data_batch_1.bin', batch(1, 3)),
      file('cifar-10-batches-bin/test_batch.bin', batch(1, 8)),
    ])
    expect([...(await readCifar10(path, 'train')).labels!]).toEqual([3, 5, 6])
    expect([...(await readCifar10(path, 'test')).labels!]).toEqual([8])
  })

  it('refuses an archive that is truncated, not gzip, not tar, or has a wrong size', async () => {
    const path = join(folder, 'bad.tar.gz')
    const tar = await packTar([file('data_batch_1.bin', batch(2))])
    const lying = tar.slice()
    // The size field, octal at 124; the checksum at 148 sums the header with itself as spaces.
    Buffer.from('77777777777\0').copy(lying, 124)
    lying.fill(0x20, 148, 156)
    const sum = lying.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `).copy(lying, 148)
    const cases: Record<string, Uint8Array> = {
      'cut gzip': gzipSync(tar).subarray(0, -20),
      'no gzip': tar,
      'no tar': gzipSync(Buffer.alloc(2000, 'x')),
      'cut tar': gzipSync(tar.subarray(0, 1000)),
      'lying size': gzipSync(lying),
      'cut record': gzipSync(await packTar([file('data_batch_1.bin', batch(2).subarray(1))])),
    }
    for (const [name, bytes] of Object.entries(cases)) {
      await writeFile(path, bytes)
      const outcome = await readCifar10(path, 'train').catch(error => error)
      expect({ name, code: outcome.code }).toEqual({ name, code: 'DATA_INVALID' })
    }
  })

  it('reads or refuses any modified archive', async () => {
    const tar = await packTar([
      file('readme.html', Buffer.from('<html>')),
      file('data_batch_1.bin', batch(1)),
      file('data_batch_2.bin', batch(1, 1)),
    ])
    // Mostly in the three headers, where a change matters.
    const place = fc.oneof(fc.nat(600), fc.integer({ min: 1024, max: 1624 }), fc.nat(tar.length - 1))
    const change = fc.record({
      edits: fc.array(fc.record({ at: place, byte: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
      keep: fc.oneof(fc.constant(tar.length), fc.nat(tar.length)),
    })
    const path = join(folder, 'changed.tar.gz')
    await fc.assert(
      fc.asyncProperty(change, async ({ edits, keep }) => {
        const bytes = tar.slice()
        for (const { at, byte } of edits) bytes[at] = byte
        await writeFile(path, gzipSync(bytes.subarray(0, keep)))
        const result = await readCifar10(path, 'train').catch(error => error)
        if (result instanceof Error)
          expect(result).toMatchObject({ code: expect.stringMatching(/^DATA_(INVALID|NOT_FOUND)$/) })
        else expect(result.images.length).toBe(result.count * 3072)
      }),
      { numRuns: 300, seed: 1 },
    )
  })
})
