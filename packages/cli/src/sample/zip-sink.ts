/** An archive with a PNG for each picture, named as in a folder. */

import { onDisk, openArchive } from './archive-file.ts'
import { pictureName } from './folder-sink.ts'
import type { SampleSink, SinkOptions } from './sample-output.ts'
import { ZipWriter } from './zip-writer.ts'

export async function zipSink(path: string, { record, resume, encodePng }: SinkOptions): Promise<SampleSink> {
  const { seed, count } = record
  ZipWriter.check({ entries: count, bytes: 0 })
  const archive = await openArchive(path, { record, resume })
  let kept = 0
  while (kept < count && (await archive.zip.keep(pictureName({ seed, index: kept })))) kept++
  return {
    kept,
    add: images =>
      onDisk(path, async () => {
        for (const image of images) await archive.zip.add(pictureName(image), encodePng(image))
      }),
    async finish() {
      await onDisk(path, () => archive.finish())
      return path
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}
