/**
 * Archives of samples. `.zip` has one PNG per image, named as in a folder. `.npz` is NumPy's archive of arrays, which programs that compute
 * a FID read: `arr_0` has the images, uint8 [N, H, W, C], and `arr_1` the labels, int64 [N], where the number of classes means no label.
 * An archive grows as `<path>.part`, beside its record and ledger, and is renamed when it is complete.
 *
 * Source of the .npy format: NumPy Enhancement Proposal 1.
 */

import { rename, rm } from 'node:fs/promises'
import { type PlanarImage, toBytes } from '@mixflow/core'
import { diskError } from '@mixflow/files'
import { imageFileName } from './folder-sink.ts'
import { checkSameSamples, readSampleRecord, type SampleSink, type SinkOptions, writeSampleRecord } from './sink.ts'
import { ZipWriter } from './zip-writer.ts'

export async function zipSink(path: string, options: SinkOptions): Promise<SampleSink> {
  const { seed, count } = options.record
  ZipWriter.check({ entries: count, bytes: 0 })
  const archive = await openArchive(path, options)
  const { zip } = archive
  let kept = 0
  while (kept < count && (await zip.keep(imageFileName({ seed, index: kept })))) kept++
  return archiveSink(path, archive, {
    kept,
    add: async images => {
      for (const image of images) await zip.add(imageFileName(image), options.encodePng(image))
    },
    complete: async () => {},
  })
}

export async function npzSink(path: string, options: SinkOptions): Promise<SampleSink> {
  const { image, labels, record } = options
  const { count } = record
  const rowBytes = image.channels * image.height * image.width
  const head = npyHead('|u1', [count, image.height, image.width, image.channels])
  const size = head.length + count * rowBytes
  ZipWriter.check({ entries: 2, bytes: size + 8 * count })
  const archive = await openArchive(path, options)
  const { zip } = archive
  let kept = 0
  await onDisk(path, async () => {
    zip.begin('arr_0.npy', size)
    if (!(await zip.keepRow(head.length))) await zip.appendRow(head)
    while (kept < count && (await zip.keepRow(rowBytes))) kept++
  })
  return archiveSink(path, archive, {
    kept,
    add: async images => {
      for (const each of images) await zip.appendRow(interleaved(each))
    },
    complete: async () => {
      await zip.end()
      if (labels !== undefined) await zip.add('arr_1.npy', labelsFile(labels))
    },
  })
}

interface Archive {
  readonly zip: ZipWriter
  finish(): Promise<void>
}

/** @throws MixflowError OUTPUT_EXISTS where other samples were started; OUTPUT_DISK */
async function openArchive(path: string, { record, resume }: SinkOptions): Promise<Archive> {
  const [part, recordPath, ledger] = [`${path}.part`, `${path}.part.json`, `${path}.part.sha256`]
  const found = resume ? await readSampleRecord(recordPath) : null
  if (found !== null) checkSameSamples(found, record, part)
  const zip = await onDisk(part, () => ZipWriter.open(part, { ledger, resume: found !== null }))
  await writeSampleRecord(recordPath, record)
  return {
    zip,
    async finish() {
      await zip.finish()
      await rename(part, path)
      await rm(recordPath, { force: true })
      await rm(ledger, { force: true })
    },
  }
}

function archiveSink(
  path: string,
  { zip, finish }: Archive,
  { kept, add, complete }: Pick<SampleSink, 'kept' | 'add'> & { complete(): Promise<void> },
): SampleSink {
  return {
    kept,
    add: images => onDisk(path, () => add(images)),
    async finish() {
      await onDisk(path, () => complete().then(finish))
      return path
    },
    [Symbol.asyncDispose]: () => zip[Symbol.asyncDispose](),
  }
}

/** System errors become OUTPUT_DISK. */
const onDisk = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw diskError(path, error)
  }
}

const labelsFile = (labels: Int32Array): Uint8Array =>
  Buffer.concat([npyHead('<i8', [labels.length]), new Uint8Array(BigInt64Array.from(labels, BigInt).buffer)])

/** float32 [C, H, W] -> uint8 [H, W, C] */
export function interleaved({ channels, height, width, data }: PlanarImage): Uint8Array {
  const planes = toBytes(data)
  const pixels = height * width
  if (channels === 1) return planes
  return Uint8Array.from(planes, (_, i) => planes[(i % channels) * pixels + Math.floor(i / channels)] as number)
}

/** The header of version 1.0, padded so that the array starts at a multiple of 64 bytes. */
export function npyHead(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const head = Buffer.alloc(10 + length, ' ')
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  head.writeUInt16LE(length, 8)
  head.write(text, 10, 'latin1')
  head[head.length - 1] = 0x0a
  return head
}
