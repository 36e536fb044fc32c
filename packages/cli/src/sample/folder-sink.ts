/**
 * A folder with a PNG for each image, `samples.json`, and `samples.sha256`, the ledger of what was written: `--resume` keeps the first
 * images whose bytes are still those. The same image always has the same name.
 */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { diskError, makeFolder, readRegularFile, writeFileDurably } from '@mixflow/files'
import { checkPngPath } from '../terminal/check-output.ts'
import { Ledger } from './ledger.ts'
import type { NumberedImage, SampleSink, SinkOptions } from './sample-output.ts'
import { checkSameSamples, readSampleRecord, writeSampleRecord } from './sample-record.ts'

export const recordFileName = 'samples.json'
export const ledgerFileName = 'samples.sha256'

export async function folderSink(folder: string, { record, resume, encodePng }: SinkOptions): Promise<SampleSink> {
  const recordPath = join(folder, recordFileName)
  const found = resume ? await readSampleRecord(recordPath) : null
  // a folder may be asked for more
  if (found !== null) checkSameSamples({ ...found, count: record.count }, record, folder)
  const { seed, count } = record
  const pathOf = (index: number) => join(folder, pictureName({ seed, index }))
  await makeFolder(folder)
  const ledger = await openLedger(folder, { resume: found !== null })
  const listed = ledger.found.length
  let kept = 0
  let end = 0
  for (; kept < count && (await isWritten(pathOf(kept), { ledger, start: end })); kept++) {
    end = ledger.next?.end ?? end
    ledger.take()
  }
  let isRecorded = false
  let last = kept
  return {
    kept,
    async add(images) {
      // what the ledger lists is replaced, however damaged; else only a PNG is
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
    async finish() {
      return last === 1 ? pathOf(0) : `${pathOf(0)} … ${pathOf(last - 1)}`
    },
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  }
}

export const pictureName = ({ seed, index }: Pick<NumberedImage, 'seed' | 'index'>): string =>
  `seed-${seed}-${String(index).padStart(5, '0')}.png`

async function openLedger(folder: string, options: { readonly resume: boolean }): Promise<Ledger> {
  const path = join(folder, ledgerFileName)
  return Ledger.open(path, options).catch(error => {
    throw diskError(path, error)
  })
}

/** Whether the file holds the next piece of the ledger. */
async function isWritten(
  path: string,
  { ledger: { next }, start }: { readonly ledger: Ledger; readonly start: number },
): Promise<boolean> {
  if (next === undefined || next.start !== start) return false
  const bytes = await readRegularFile(path).catch(() => null)
  return bytes !== null && createHash('sha256').update(bytes).digest('hex') === next.sha256
}
