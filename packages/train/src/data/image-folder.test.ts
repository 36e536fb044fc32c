import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { type Zippable, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../fixtures/test-folder.ts'
import type { BadImage } from './bad-images.ts'
import { blue, green, png, red } from './fixtures/pictures.ts'
import { type ImageFolderOptions, readImageFolder } from './image-folder.ts'
import type { DataProgress } from './tasks.ts'

let folder: string
testFolder(path => {
  folder = path
})

const read = (path: string, options: Partial<ImageFolderOptions> = {}) =>
  readImageFolder(path, {
    ...{
      split: 'train',
      size: 4,
      fit: 'cover',
      background: 'white',
      limit: null,
      badImages: 'refuse',
      badImagesLimit: 0.5,
    },
    ...options,
  })

const write = async (files: Record<string, Uint8Array>) => {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}
const zip = async (files: Zippable) => {
  const path = join(folder, 'pictures.zip')
  await writeFile(path, zipSync(files))
  return path
}
/** The first red, green and blue byte of each image. */
const colours = ({ images, count }: { images: Uint8Array; count: number }) =>
  Array.from({ length: count }, (_, n) => [0, 16, 32].map(c => images[n * 48 + c]! >> 7).join(''))

const text = Buffer.from('text')

describe.each(['folder', 'zip'])('readImageFolder of a %s', kind => {
  const make = (files: Record<string, Uint8Array>) => (kind === 'zip' ? zip(files) : write(files))

  it('reads nested images in the order of their names, with first-level folders as classes', async () => {
    const path = await make({
      'dogs/b.PNG': await png(8, 8, blue),
      'cats/old/c.png': await png(6, 4, green),
      'cats/a.png': await png(4, 4, red),
      'cats/notes.txt': text,
      '.hidden.png': text,
      '__MACOSX/cats/._a.png': text,
    })
    const data = await read(path)
    expect(data).toMatchObject({ name: basename(path), count: 3, channels: 3, height: 4, width: 4, licence: null })
    expect(colours(data)).toEqual(['100', '010', '001'])
    expect(data.classNames).toEqual(['cats', 'dogs'])
    expect(data.labels).toEqual(Int32Array.of(0, 0, 1))
  })

  it('reads evenly spaced images up to a limit, and reports progress', async () => {
    const files: Record<string, Uint8Array> = {}
    for (let i = 0; i < 6; i++) files[`${i}.png`] = await png(4, 4, i < 3 ? red : blue)
    const seen: DataProgress[] = []
    const path = await make(files)
    const data = await read(path, { limit: 4, onProgress: progress => seen.push(progress) })
    expect(colours(data)).toEqual(['100', '100', '001', '001'])
    expect(data.labels).toBeNull()
    expect(seen.at(-1)).toEqual({ phase: 'read', what: path, done: 4, total: 4 })
  })

  it('lists all bad images in one error, or skips them', async () => {
    const path = await make({
      'a/1.png': text,
      'a/2.png': await png(4, 4, green),
      'b/3.jpg': new Uint8Array(0),
      'b/4.png': await png(4, 4, blue),
    })
    const error = await read(path).catch(caught => caught)
    expect(error).toMatchObject({ code: 'DATA_INVALID', message: `2 of 4 images in ${path} could not be read` })
    expect(error.hint).toMatch(/a\/1\.png: .*unsupported image format.*\nb\/3\.jpg: /)
    expect(error.details.bad.map((image: BadImage) => image.name)).toEqual(['a/1.png', 'b/3.jpg'])
    const data = await read(path, { badImages: 'skip' })
    expect({ colours: colours(data), labels: data.labels }).toEqual({
      colours: ['010', '001'],
      labels: Int32Array.of(0, 1),
    })
    expect(data.files!.bad.map(({ name }) => name)).toEqual(['a/1.png', 'b/3.jpg'])
    await expect(read(path, { badImages: 'skip', badImagesLimit: 0.4 })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('50 %; at most 40 %'),
      hint: expect.stringContaining('--bad-images-limit 50'),
    })
  })

  it('refuses an empty data set, even when skipping', async () => {
    const bad = await make({ '1.png': text })
    await expect(read(bad, { badImages: 'skip' })).rejects.toThrow(/1 of 1 images/)
    await rm(join(folder, '1.png'), { force: true })
    const path = await make({ 'readme.txt': text, 'model.bin': text })
    await expect(read(path)).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      hint: expect.stringContaining('2 other files (model.bin, readme.txt)'),
    })
  })

  it('keeps a common size, and requires a size if there is none', async () => {
    const path = await make({ 'a.png': await png(5, 3), 'b.png': await png(5, 3) })
    expect(await read(path, { size: null })).toMatchObject({ width: 5, height: 3 })
    const uneven = await make({ 'a.png': await png(5, 3), 'b.png': await png(5, 4) })
    await expect(read(uneven, { size: null })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: 'the images have different sizes: a.png 5x3, b.png 5x4',
    })
  })

  it('stops when aborted', async () => {
    const path = await make({ 'a.png': await png(4, 4), 'b.png': await png(4, 4) })
    await expect(read(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('folders', () => {
  it('follows links to files and folders, reads no folder twice, and lists broken links', async () => {
    const link = (target: string, name: string) => symlink(join(folder, target), join(folder, name))
    await write({ 'in/cat/a.png': await png(4, 4, blue), 'dog/b.png': await png(4, 4, red) })
    await link('dog', 'in/dog')
    await link('dog', 'in/hound')
    await link('in/cat/a.png', 'in/cat/c.png')
    await link('.', 'in/around')
    await link('in', 'dog/back')
    await link('nowhere', 'in/cat/d.png')
    const data = await read(join(folder, 'in'))
    expect(data).toMatchObject({ classNames: ['cat', 'dog'], labels: Int32Array.of(0, 0, 1) })
    expect(colours(data)).toEqual(['001', '001', '100'])
    expect(data.files!.leftOut).toEqual([
      { reason: 'broken links', names: ['in/cat/d.png'.slice(3)] },
      { reason: 'links to folders that were already read', names: ['around', 'dog/back', 'hound'] },
    ])
  })

  it.skipIf(process.platform === 'win32')('names what is no regular file, and does not wait for it', async () => {
    await write({ 'a.png': await png(4, 4) })
    execFileSync('mkfifo', [join(folder, 'b.png')])
    expect((await read(folder)).files!.leftOut).toEqual([
      { reason: 'special files (pipes, devices, sockets)', names: ['b.png'] },
    ])
  })
})

describe('zips', () => {
  const bomb = () => zipSync({ 'a.png': [new Uint8Array(2 ** 22), { level: 9 }] })

  it('refuses an entry with an extreme compression ratio', async () => {
    await write({ 'bomb.zip': bomb() })
    await expect(read(join(folder, 'bomb.zip'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/a\.png unpacks from \d+ to 4194304 bytes: a zip bomb/),
    })
  })

  it('refuses an entry that is larger than its stated size', async () => {
    const bytes = bomb()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const central = Buffer.from(bytes).indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    view.setUint32(central + 24, 1000, true)
    view.setUint32(22, 1000, true) // beside the data, too
    await write({ 'lying.zip': bytes })
    await expect(read(join(folder, 'lying.zip'))).rejects.toMatchObject({
      hint: expect.stringMatching(/unpacks to more than the 1000 bytes/),
    })
  })

  it('refuses entries that overlap', async () => {
    const bytes = Buffer.from(zipSync({ 'a.png': [new Uint8Array(9000).map((_, i) => i * i), { level: 0 }] }))
    const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    const end = bytes.indexOf(Buffer.from('PK\x05\x06', 'latin1'))
    const entry = bytes.subarray(central, end)
    const tail = Buffer.from(bytes.subarray(end))
    tail.writeUInt16LE(9, 8)
    tail.writeUInt16LE(9, 10)
    tail.writeUInt32LE(9 * entry.length, 12)
    await write({ 'quine.zip': Buffer.concat([bytes.subarray(0, central), ...new Array(9).fill(entry), tail]) })
    await expect(read(join(folder, 'quine.zip'))).rejects.toThrow(/they overlap/)
  })

  it('refuses a set that does not fit in memory', async () => {
    const one = await png(1, 1)
    const path = await zip(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`${i}.png`, one])))
    await expect(read(path, { size: 1000 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: `1500 images of 1000x1000 from ${path} would take 4.2 GiB`,
    })
  })

  it('refuses names outside of the zip, and files that are not a zip', async () => {
    const path = await zip({ '../../evil.png': await png(4, 4) })
    await expect(read(path)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('evil.png'),
    })
    await write({ 'no.zip': text })
    await expect(read(join(folder, 'no.zip'))).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  it('reads or refuses any modified zip', async () => {
    const good = zipSync({ 'x/a.png': await png(4, 4, red), 'y/b.png': await png(4, 4, blue) })
    const change = fc.record({
      edits: fc.array(fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
      keep: fc.oneof(fc.constant(good.length), fc.nat(good.length)),
    })
    const path = join(folder, 'changed.zip')
    await fc.assert(
      fc.asyncProperty(change, async ({ edits, keep }) => {
        const bytes = good.slice()
        for (const { at, byte } of edits) bytes[at] = byte
        await writeFile(path, bytes.subarray(0, keep))
        const result = await read(path).catch(error => error)
        if (result instanceof Error)
          expect(['DATA_INVALID', 'DATA_NOT_FOUND']).toContain((result as never as BadCode).code)
        else expect(result.images.length).toBe(result.count * 48)
      }),
      { numRuns: 200, seed: 1 },
    )
  })
})

interface BadCode {
  readonly code: string
}
