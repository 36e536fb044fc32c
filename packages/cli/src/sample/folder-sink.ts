/** A folder with a PNG for each picture, and `samples.json`. The same picture always has the same name. */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '@mixflow/files'
import { checkPngPath } from '../terminal/check-output.ts'
import type { NumberedImage, SampleSink, SinkOptions } from './sample-output.ts'
import { checkSameSamples, readSampleRecord, writeSampleRecord } from './sample-record.ts'

export const recordFileName = 'samples.json'

export async function folderSink(folder: string, { record, resume, encodePng }: SinkOptions): Promise<SampleSink> {
  const recordPath = join(folder, recordFileName)
  const found = resume ? await readSampleRecord(recordPath) : null
  // a folder may be asked for more
  if (found !== null) checkSameSamples({ ...found, count: record.count }, record, folder)
  const { seed, count } = record
  let kept = 0
  while (found !== null && kept < count && (await isThere(join(folder, pictureName({ seed, index: kept }))))) kept++
  let isRecorded = false
  let last = kept
  return {
    kept,
    async add(images) {
      const names = images.map(image => join(folder, pictureName(image)))
      for (const name of names) await checkPngPath(name)
      for (const [i, image] of images.entries()) {
        await writeFileDurably(names[i] as string, encodePng(image), { sync: false })
        if (!isRecorded) await writeSampleRecord(recordPath, record)
        isRecorded = true
      }
      last += images.length
    },
    async finish() {
      const [first, end] = [0, last - 1].map(index => join(folder, pictureName({ seed, index })))
      return last === 1 ? (first as string) : `${first} … ${end}`
    },
    async [Symbol.asyncDispose]() {},
  }
}

export const pictureName = ({ seed, index }: Pick<NumberedImage, 'seed' | 'index'>): string =>
  `seed-${seed}-${String(index).padStart(5, '0')}.png`

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    ({ size }) => size > 0,
    () => false,
  )
