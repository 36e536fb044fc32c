/**
 * NumPy's archive of arrays: `arr_0` holds the pictures, uint8 [N, H, W, C], and `arr_1`, where there are classes, the class of
 * each, int64 [N], with the number of classes for none. Programs that compute a FID read samples so.
 *
 * Source of the format: NumPy Enhancement Proposal 1.
 */

import { type PlanarImage, toBytes } from '@mixflow/core'
import { onDisk, openArchive } from './archive-file.ts'
import type { SampleSink, SinkOptions } from './sample-output.ts'
import { ZipWriter } from './zip-writer.ts'

export async function npzSink(path: string, { record, resume, image, labels }: SinkOptions): Promise<SampleSink> {
  const { count } = record
  const rowBytes = image.channels * image.height * image.width
  const head = npyHead('|u1', [count, image.height, image.width, image.channels])
  const size = head.length + count * rowBytes
  ZipWriter.check({ entries: 2, bytes: size + 8 * count })
  const archive = await openArchive(path, { record, resume })
  const { zip } = archive
  const kept = await onDisk(path, async () => {
    zip.begin('arr_0.npy', size)
    if (!(await zip.keepRow(head.length))) await zip.appendRow(head)
    let rows = 0
    while (rows < count && (await zip.keepRow(rowBytes))) rows++
    return rows
  })
  return {
    kept,
    add: images =>
      onDisk(path, async () => {
        for (const each of images) await zip.appendRow(interleaved(each))
      }),
    async finish() {
      await onDisk(path, async () => {
        await zip.end()
        if (labels !== undefined) await zip.add('arr_1.npy', classesFile(labels))
        await archive.finish()
      })
      return path
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

const classesFile = (labels: Int32Array): Uint8Array =>
  Buffer.concat([
    npyHead('<i8', [labels.length]),
    new Uint8Array(BigInt64Array.from(labels, label => BigInt(label)).buffer),
  ])

/** [C, H, W] -> [H, W, C], rounded to bytes */
export function interleaved({ channels, height, width, data }: PlanarImage): Uint8Array {
  const planes = toBytes(data)
  const pixels = height * width
  if (channels === 1) return planes
  return Uint8Array.from(planes, (_, i) => planes[(i % channels) * pixels + Math.floor(i / channels)] as number)
}

/** Version 1.0; its length with the magic number is a multiple of 64. */
export function npyHead(descr: string, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const head = Buffer.alloc(10 + length, ' ')
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  head.writeUInt16LE(length, 8)
  head.write(text, 10, 'latin1')
  head[head.length - 1] = 0x0a
  return head
}
