/**
 * CIFAR-10 in its binary form: records of one label byte and 3,072 pixel bytes (32x32; red, green and blue planes). Read from a
 * folder of `data_batch_*.bin` and `test_batch*.bin`, or from the official `.tar.gz`, which is streamed and not written to disk.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { MixflowError } from '@mixflow/core'
import { openRegularFile, readRegularFile } from '@mixflow/files'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { createDataset, type Dataset, type Split } from './dataset.ts'

export const cifar10Facts = {
  channels: 3,
  height: 32,
  width: 32,
  classNames: 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '),
  licence: null,
  attribution:
    'CIFAR-10 by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton; A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
} as const

const pixelBytes = 3 * 32 * 32
const recordBytes = 1 + pixelBytes
/** Largest unpacked archive: 1 GiB. The official one has 184 MB. */
const maxArchiveBytes = 2 ** 30

const batchPattern = { train: /^data_batch_(\d+)\.bin$/, test: /^test_batch.*\.bin$/ } satisfies Record<Split, RegExp>

interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Reads CIFAR-10. The training part takes 154 MB, and twice that while it is read.
 *
 * @param path folder of the `.bin` files (or of `cifar-10-batches-bin`), or the `.tar.gz`
 * @throws MixflowError DATA_NOT_FOUND if a batch is missing; DATA_INVALID for a length that is not a multiple of 3,073 bytes, a
 * label above 9, or a damaged archive
 */
export async function readCifar10(path: string, split: Split): Promise<Dataset> {
  const isFolder = (await stat(path)).isDirectory()
  const files = isFolder ? await batchesOfFolder(path, split) : await batchesOfArchive(path, split)
  checkComplete(path, split, files)
  return parseCifar10(files, split)
}

/** Like `readCifar10`, from batch files in memory, in order. */
export function parseCifar10(files: readonly NamedBytes[], split: Split): Dataset {
  const counts = files.map(recordsIn)
  const count = counts.reduce((sum, n) => sum + n, 0)
  const images = new Uint8Array(count * pixelBytes)
  const labels = new Int32Array(count)
  let n = 0
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += recordBytes, n++) {
      const label = bytes[at]!
      if (label > 9) {
        const message = `${name}: record ${at / recordBytes} has label ${label}, expected 0..9`
        const hint = 'expected the binary version of CIFAR-10, not CIFAR-100 or the Python version'
        throw new MixflowError('DATA_INVALID', message, { hint })
      }
      labels[n] = label
      images.set(bytes.subarray(at + 1, at + recordBytes), n * pixelBytes)
    }
  }
  return createDataset({ ...cifar10Facts, name: 'cifar10', split, images, labels })
}

function recordsIn({ name, bytes }: NamedBytes): number {
  if (bytes.length > 0 && bytes.length % recordBytes === 0) return bytes.length / recordBytes
  const hint = 'a CIFAR-10 record is 1 label byte and 3,072 pixel bytes; the file is truncated or in another format'
  const message = `${name} has ${bytes.length} bytes, which is not a multiple of ${recordBytes}`
  throw new MixflowError('DATA_INVALID', message, { hint })
}

async function batchesOfFolder(folder: string, split: Split): Promise<NamedBytes[]> {
  const names = await readdir(folder)
  if (!names.some(name => batchPattern[split].test(name)) && names.includes('cifar-10-batches-bin')) {
    return batchesOfFolder(join(folder, 'cifar-10-batches-bin'), split)
  }
  const batches = names.filter(name => batchPattern[split].test(name)).sort(byNumber)
  return Promise.all(
    batches.map(async name => ({ name: join(folder, name), bytes: await readRegularFile(join(folder, name)) })),
  )
}

async function batchesOfArchive(path: string, split: Split): Promise<NamedBytes[]> {
  const files: NamedBytes[] = []
  let total = 0
  try {
    for await (const { header, body } of tarEntries(path)) {
      const name = basename(header.name)
      const isBatch = header.type === 'file' && batchPattern[split].test(name)
      if ((total += header.size) > maxArchiveBytes) throw new Error(`up to ${name} it unpacks to ${total} bytes`)
      if (isBatch) files.push({ name: `${path}: ${name}`, bytes: await buffer(body as NodeReadableStream) })
      else await body.pipeTo(new WritableStream()) // not cancelled: modern-tar would then skip the next entry
    }
  } catch (error) {
    throw new MixflowError('DATA_INVALID', `${path} is not a complete .tar.gz: ${(error as Error).message}`, {
      hint: 'expected cifar-10-binary.tar.gz or a folder with its .bin files; download it again',
      cause: error,
    })
  }
  return files.sort((a, b) => byNumber(a.name, b.name))
}

/** The entries of a `.tar.gz`, streamed. The casts are between two type declarations of web streams. */
async function* tarEntries(path: string): AsyncIterable<ParsedTarEntry> {
  const file = await openRegularFile(path)
  const packed = Readable.toWeb(file.createReadStream()) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>
  const entries = packed.pipeThrough(new DecompressionStream('gzip')).pipeThrough(createTarDecoder({ strict: true }))
  yield* entries as unknown as AsyncIterable<ParsedTarEntry>
}

const byNumber = (a: string, b: string) => batchNumber(a) - batchNumber(b) || (a < b ? -1 : 1)
const batchNumber = (name: string) => Number(/_(\d+)\.bin$/.exec(name)?.[1] ?? 0)

function checkComplete(path: string, split: Split, files: readonly NamedBytes[]): void {
  const isTrain = split === 'train'
  const gap = isTrain ? files.findIndex(({ name }, i) => batchNumber(name) !== i + 1) : -1
  if (files.length > 0 && gap < 0) return
  const missing = files.length === 0 ? `CIFAR-10 ${split} batches` : `data_batch_${gap + 1}.bin`
  throw new MixflowError('DATA_NOT_FOUND', `${path} has no ${missing}`, {
    hint: `expected ${isTrain ? 'data_batch_1.bin to data_batch_5.bin' : 'test_batch.bin'}`,
  })
}
