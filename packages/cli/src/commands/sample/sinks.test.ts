/** Folders and archives of samples: other programs can read them, and resuming after a kill gives the same bytes. */

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PlanarImage, SampledImage, type SampleRequest } from '@mixflow/core'
import { unzipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { interleaved, npyHead } from './archive-sinks.ts'
import { sampleInto } from './sample-command.ts'
import { type OutputKind, openSink } from './sample-output.ts'
import { type SinkOptions, sampleRecord } from './sink.ts'
import { ZipWriter } from './zip-writer.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-sinks-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const image = { channels: 3, height: 2, width: 4 }
const elements = 24
const signature = [137, 80, 78, 71, 13, 10, 26, 10]
/** Not a PNG, but determined by the image. */
const encodePng = ({ data }: PlanarImage) => Uint8Array.from([...signature, ...data.map(value => 100 * value)])

/** A model whose pixels are a function of seed and index. */
function fakeModel(failsAt = Number.POSITIVE_INFINITY) {
  const sampled: number[] = []
  const model = {
    async sample({ firstImage = 0, count = 1, seed = 0 }: SampleRequest) {
      const images = Array.from({ length: count }, (_, i) => {
        const index = firstImage + i
        if (index >= failsAt) throw new Error('killed')
        sampled.push(index)
        const data = Float32Array.from({ length: elements }, (_, at) => Math.sin(seed + 7 * index + at))
        return new SampledImage({ ...image, data, index, seed, label: index % 3, nfe: 5 })
      })
      const timings = { source: 0, solve: 1 }
      return { images, nfe: 5, networkCalls: 5, steps: 3, solver: 'heun' as const, seed, milliseconds: count, timings }
    },
  }
  return { model, sampled }
}

/** Deterministic random numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const manifest = { name: 'fake', files: [] }
const count = 11
const labels = Int32Array.from({ length: count }, (_, i) => i % 3)

interface Call {
  readonly kind: OutputKind
  readonly path: string
  readonly resume?: boolean
  readonly seed?: number
  readonly failsAt?: number
  readonly workers?: number
}

async function call({ kind, path, resume = false, seed = 9, failsAt, workers = 1 }: Call) {
  const { model, sampled } = fakeModel(failsAt)
  const record = sampleRecord(manifest, { seed, count, request: { nfe: 5 } })
  const options: SinkOptions = { record, image, labels, resume, encodePng }
  await using sink = await openSink({ kind, path }, options)
  const work = { model, request: { seed }, count, batchSize: 4, workers, onProgress: () => {} }
  const cost = await sampleInto(sink, work)
  return { cost, sampled, kept: sink.kept, written: await sink.finish() }
}

/** All bytes, by file. */
function bytesOf(path: string): Record<string, Buffer> {
  const names = path.includes('.') ? [''] : readdirSync(path).sort()
  return Object.fromEntries(names.map(name => [name, readFileSync(join(path, name))]))
}

const kinds = [
  ['folder', ''],
  ['zip', '.zip'],
  ['npz', '.npz'],
] as const

describe.each(kinds)('%s', (kind, extension) => {
  const whole = join(root, `whole-${kind}${extension}`)

  it('has the same bytes after interruptions, and repeats at most one batch', async () => {
    const once = await call({ kind, path: whole })
    expect(once).toMatchObject({ kept: 0, cost: { images: count, nfe: 5, steps: 3, milliseconds: count } })
    const path = join(root, `again-${kind}${extension}`)
    await expect(call({ kind, path, failsAt: 5 })).rejects.toThrow('killed')
    await expect(call({ kind, path, failsAt: 9, resume: true })).rejects.toThrow('killed')
    const last = await call({ kind, path, resume: true })
    expect(last.kept).toBe(8)
    expect(last.sampled).toEqual([8, 9, 10])
    expect(bytesOf(path)).toEqual(bytesOf(whole))
  })

  it.each([2, 3, 8])('has the same bytes with %d workers, and when resumed with another number', async workers => {
    const path = join(root, `workers-${workers}-${kind}${extension}`)
    await call({ kind, path, workers })
    expect(bytesOf(path)).toEqual(bytesOf(whole))
    const other = join(root, `resumed-${workers}-${kind}${extension}`)
    await expect(call({ kind, path: other, failsAt: 5 })).rejects.toThrow('killed')
    const { sampled } = await call({ kind, path: other, workers, resume: true })
    expect(sampled).toEqual([4, 5, 6, 7, 8, 9, 10])
    expect(bytesOf(other)).toEqual(bytesOf(whole))
  })

  it('does not resume other samples, and starts again without --resume', async () => {
    const path = join(root, `other-${kind}${extension}`)
    await expect(call({ kind, path, failsAt: 9 })).rejects.toThrow('killed')
    const other = call({ kind, path, resume: true, seed: 10 })
    await expect(other).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', message: expect.stringContaining('seed') })
    const { kept } = await call({ kind, path })
    expect(kept).toBe(0)
    expect(bytesOf(path)).toEqual(bytesOf(whole))
  })

  it('starts where there is nothing to resume', async () => {
    const path = join(root, `fresh-${kind}${extension}`)
    expect((await call({ kind, path, resume: true })).kept).toBe(0)
    expect(bytesOf(path)).toEqual(bytesOf(whole))
  })
})

describe.each([
  ['zip', '.zip'],
  ['npz', '.npz'],
] as const)('a truncated %s', (kind, extension) => {
  it('at any byte resumes to the same bytes', async () => {
    const path = join(root, `cut-${kind}${extension}`)
    await expect(call({ kind, path, failsAt: 9 })).rejects.toThrow('killed')
    const part = readFileSync(`${path}.part`)
    const saved = join(root, `saved-${kind}`)
    const ledger = readFileSync(`${path}.part.sha256`)
    cpSync(`${path}.part.json`, saved)
    for (let length = 0; length <= part.length; length += 7) {
      writeFileSync(`${path}.part`, part)
      truncateSync(`${path}.part`, length)
      cpSync(saved, `${path}.part.json`)
      writeFileSync(`${path}.part.sha256`, ledger)
      await call({ kind, path, resume: true })
      expect(bytesOf(path), `${length}`).toEqual(bytesOf(join(root, `whole-${kind}${extension}`)))
    }
  })

  it('resumes to the same bytes after any byte of it or of its ledger has changed', async () => {
    const path = join(root, `changed-${kind}${extension}`)
    await expect(call({ kind, path, failsAt: 9 })).rejects.toThrow('killed')
    const files = ['.part', '.part.sha256'].map(ending => path + ending)
    const contents = files.map(file => readFileSync(file))
    const record = readFileSync(`${path}.part.json`)
    const random = generator(15)
    for (let round = 0; round < 150; round++) {
      const changed = contents.map(each => Buffer.from(each))
      const which = changed[round % 2] as Buffer
      const at = Math.floor(random() * which.length)
      if (round % 3 === 0) which[at] = which[at]! ^ (1 << Math.floor(random() * 8))
      else if (round % 3 === 1) which.fill(Math.floor(random() * 256), at, at + 4)
      // the size in the first header of a zip
      else which.writeUInt32LE(2 ** 31, Math.min(18, which.length - 4))
      for (const [i, file] of files.entries()) writeFileSync(file, changed[i] as Buffer)
      writeFileSync(`${path}.part.json`, record)
      await call({ kind, path, resume: true })
      expect(bytesOf(path), `${round}`).toEqual(bytesOf(join(root, `whole-${kind}${extension}`)))
      expect(readdirSync(root).filter(name => name.startsWith(`changed-${kind}`))).toEqual([
        `changed-${kind}${extension}`,
      ])
    }
  })

  it('starts again without its ledger, or with another', async () => {
    const path = join(root, `ledger-${kind}${extension}`)
    for (const text of [null, '', `0 99999999999 ${'a'.repeat(64)}\n`, '5 3 x\n', '\0\0']) {
      await expect(call({ kind, path, failsAt: 9 })).rejects.toThrow('killed')
      if (text === null) rmSync(`${path}.part.sha256`)
      else writeFileSync(`${path}.part.sha256`, text)
      expect((await call({ kind, path, resume: true })).kept).toBe(0)
      expect(bytesOf(path)).toEqual(bytesOf(join(root, `whole-${kind}${extension}`)))
    }
  })
})

describe('a folder with changed images', () => {
  const path = join(root, 'mutated')
  const name = (index: number) => join(path, `seed-9-${String(index).padStart(5, '0')}.png`)
  const whole = () => bytesOf(join(root, 'whole-folder'))

  it.each([
    ['cut', (png: Buffer) => png.subarray(0, 9)],
    ['cut in its signature', (png: Buffer) => png.subarray(0, 3)],
    ['with another first byte', (png: Buffer) => Buffer.from(png).fill(7, 0, 1)],
    ['with another byte', (png: Buffer) => Buffer.from(png).fill(7, 12, 13)],
    ['longer', (png: Buffer) => Buffer.concat([png, png])],
    ['empty', () => Buffer.alloc(0)],
    ['of another index', () => readFileSync(name(1))],
  ])('%s: they are sampled again', async (_, change) => {
    for (const at of [0, 6, 10]) {
      await call({ kind: 'folder', path })
      writeFileSync(name(at), change(readFileSync(name(at))))
      expect((await call({ kind: 'folder', path, resume: true })).kept).toBe(at)
      expect(bytesOf(path)).toEqual(whole())
    }
  })

  it('starts again with a changed ledger, or without one', async () => {
    for (const text of [null, '', `0 32 ${'a'.repeat(64)}\n`, '5 3 x\n', '\0\0']) {
      await call({ kind: 'folder', path })
      if (text === null) rmSync(join(path, 'samples.sha256'))
      else writeFileSync(join(path, 'samples.sha256'), text)
      expect((await call({ kind: 'folder', path, resume: true })).kept).toBe(0)
      expect(bytesOf(path)).toEqual(whole())
    }
  })

  it('is not resumed after other settings started to replace it', async () => {
    await call({ kind: 'folder', path })
    await expect(call({ kind: 'folder', path, seed: 10, failsAt: 5 })).rejects.toThrow('killed')
    const other = call({ kind: 'folder', path, resume: true })
    await expect(other).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
  })
})

describe('as other programs read them', () => {
  it('the zip has the images of the folder', () => {
    const entries = unzipSync(readFileSync(join(root, 'whole-zip.zip')))
    const files = bytesOf(join(root, 'whole-folder'))
    const { 'samples.json': record, 'samples.sha256': _, ...pictures } = files
    expect(JSON.parse(String(record))).toMatchObject({ model: 'fake', seed: 9, count, request: { nfe: 5 } })
    expect(Object.keys(entries)).toEqual(Object.keys(pictures))
    for (const [name, bytes] of Object.entries(entries)) expect(Buffer.from(bytes)).toEqual(pictures[name])
  })

  it('the npz has pixels as [H, W, C], and the labels', () => {
    const entries = unzipSync(readFileSync(join(root, 'whole-npz.npz')))
    const head = npyHead('|u1', [count, 2, 4, 3])
    const array = entries['arr_0.npy'] as Uint8Array
    expect(head.length % 64).toBe(0)
    expect([...array.subarray(0, 8)]).toEqual([0x93, ...Buffer.from('NUMPY'), 1, 0])
    expect(Buffer.from(array.subarray(10, head.length)).toString('latin1')).toMatch(
      /^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(11, 2, 4, 3\), \} *\n$/,
    )
    const pixels = array.subarray(head.length)
    expect(pixels).toHaveLength(count * elements)
    // image 2, row 1, column 3, channel 1
    const value = Math.sin(9 + 7 * 2 + (1 * 8 + 1 * 4 + 3))
    expect(pixels[2 * elements + (1 * 4 + 3) * 3 + 1]).toBe(Math.round(((value + 1) / 2) * 255))
    const classes = entries['arr_1.npy'] as Uint8Array
    const { buffer } = classes.slice(npyHead('<i8', [count]).length)
    expect([...new BigInt64Array(buffer)]).toEqual([...labels].map(BigInt))
  })

  it('Python reads both', async context => {
    const script = `import zipfile
for name in ("whole-zip.zip", "whole-npz.npz"):
    archive = zipfile.ZipFile(name)
    assert archive.testzip() is None
    print(len(archive.namelist()))`
    const run = promisify(execFile)('python3', ['-c', script], { cwd: root }).catch(error => error)
    const result = await run
    if (result.code === 'ENOENT') return context.skip('there is no python3')
    expect(result.stdout).toBe(`${count}\n2\n`)
  })

  it('greyscale images keep their order', () => {
    const data = Float32Array.of(-1, 0, 1, 0.5)
    expect([...interleaved({ channels: 1, height: 2, width: 2, data })]).toEqual([0, 128, 255, 191])
  })
})

it('a folder replaces only PNG files', async () => {
  const path = join(root, 'notes')
  await call({ kind: 'folder', path })
  writeFileSync(join(path, 'seed-9-00005.png'), 'a note')
  rmSync(join(path, 'seed-9-00004.png'))
  await expect(call({ kind: 'folder', path })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
  expect(readFileSync(join(path, 'seed-9-00005.png'), 'utf8')).toBe('a note')
  expect(readdirSync(path)).not.toContain('seed-9-00004.png')
})

describe('archives', () => {
  it('that would be too large are refused before sampling', () => {
    for (const size of [
      { entries: 65_536, bytes: 0 },
      { entries: 1, bytes: 2 ** 32 },
    ]) {
      expect(() => ZipWriter.check(size)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
    expect(() => ZipWriter.check({ entries: 65_535, bytes: 2 ** 32 - 1 })).not.toThrow()
  })
})
