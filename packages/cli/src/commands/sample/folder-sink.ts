/**
 * A folder with one PNG per image, `samples.json`, and the ledger `samples.sha256`. `--resume` keeps the leading images whose bytes
 * match the ledger. An image always has the same name.
 */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { diskError, makeFolder, readRegularFile, writeFileDurably } from '@mixflow/files'
import { checkPngPath } from '../../terminal/check-output.ts'
import { Ledger } from './ledger.ts'
import {
  checkSameSamples,
  type NumberedImage,
  readSampleRecord,
  type SampleSink,
  type SinkOptions,
  writeSampleRecord,
} from './sink.ts'

export const recordFileName = 'samples.json'

export const imageFileName = ({ seed, index }: Pick<NumberedImage, 'seed' | 'index'>): string =>
  `seed-${seed}-${String(index).padStart(5, '0')}.png`

export async function folderSink(folder: string, { record, resume, encodePng }: SinkOptions): Promise<SampleSink> {
  const recordPath = join(folder, recordFileName)
  const found = resume ? await readSampleRecord(recordPath) : null
  // the count may grow
  if (found !== null) checkSameSamples({ ...found, count: record.count }, record, folder)
  const { seed, count } = record
  const pathOf = (index: number) => join(folder, imageFileName({ seed, index }))
  await makeFolder(folder)
  const ledgerPath = join(folder, 'samples.sha256')
  const ledger = await Ledger.open(ledgerPath, { resume: found !== null }).catch(error => {
    throw diskError(ledgerPath, error)
  })
  const listed = ledger.found.length
  let kept = 0
  let end = 0
  for (; kept < count && (await isWritten(pathOf(kept), ledger, end)); kept++) {
    end = ledger.next?.end ?? end
    ledger.take()
  }
  let isRecorded = false
  let last = kept
  return {
    kept,
    async add(images) {
      // files in the ledger may be replaced whatever they contain now; others only if they are PNG
      for (const { index } of images) if (index >= listed) await checkPngPath(pathOf(index))
      for (const image of images) {
        const png = encodePng(image)
        await writeFileDurably(pathOf(image.index), png, { sync: false })
        if (!isRecorded) await writeSampleRecord(recordPath, record)
        isRecorded = true
        await ledger.add(end, [png])
        end += png.length
      }
      last += images.length
    },
    finish: async () => (last === 1 ? pathOf(0) : `${pathOf(0)} … ${pathOf(last - 1)}`),
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  }
}

/** Whether the file has the bytes of the next piece of the ledger. */
async function isWritten(path: string, { next }: Ledger, start: number): Promise<boolean> {
  if (next?.start !== start) return false
  const bytes = await readRegularFile(path).catch(() => null)
  return bytes !== null && createHash('sha256').update(bytes).digest('hex') === next.sha256
}
