/** An archive in the making: it grows beside its place, with the record of what it is, and is moved there when it is whole. */

import { rename, rm } from 'node:fs/promises'
import { diskError } from '@mixflow/files'
import { checkSameSamples, readSampleRecord, type SampleRecord, writeSampleRecord } from './sample-record.ts'
import { ZipWriter } from './zip-writer.ts'

export interface ArchiveFile extends AsyncDisposable {
  readonly zip: ZipWriter
  /** The archive is whole, and takes its place. */
  finish(): Promise<void>
}

/** @throws MixflowError OUTPUT_EXISTS for a beginning of something else, OUTPUT_DISK */
export async function openArchive(
  path: string,
  { record, resume }: { readonly record: SampleRecord; readonly resume: boolean },
): Promise<ArchiveFile> {
  const [part, recordPath, ledger] = [`${path}.part`, `${path}.part.json`, `${path}.part.sha256`]
  const found = resume ? await readSampleRecord(recordPath) : null
  if (found !== null) checkSameSamples(found, record, part)
  const zip = await ZipWriter.open(part, { ledger, resume: found !== null }).catch(error => {
    throw diskError(part, error)
  })
  await writeSampleRecord(recordPath, record)
  return {
    zip,
    async finish() {
      await zip.finish()
      await rename(part, path)
      await rm(recordPath, { force: true })
      await rm(ledger, { force: true })
    },
    [Symbol.asyncDispose]: () => zip[Symbol.asyncDispose](),
  }
}

/** What the disk refuses, as an error that says so. */
export const onDisk = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw diskError(path, error)
  }
}
