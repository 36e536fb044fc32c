/**
 * A file of a model at an http(s) address. It is taken from the cache if an intact copy is there, whatever address that came from,
 * and is fetched, verified and then kept otherwise. So a file is downloaded once, even by many who ask at the same time, and a
 * download that fails leaves nothing behind.
 */
import { download } from './download.ts'
import type { ModelCache, ReadOptions } from './model-folder.ts'
import { SharedWork } from './shared-work.ts'
import { hashMismatch, isIntact, type KnownFile, verifyBytes } from './verify-file.ts'

const downloads = new SharedWork<Uint8Array>()

export interface RemoteFile extends ReadOptions {
  readonly url: URL
  readonly file: KnownFile
  /** null keeps nothing. */
  readonly cache: ModelCache | null
  /** Of the model, for messages. */
  readonly place: string
}

/** @throws MixflowError DOWNLOAD_*, MODEL_HASH_MISMATCH, ABORTED */
export async function readRemote({ url, file, cache, place, ...options }: RemoteFile): Promise<Uint8Array> {
  const kept = await cache?.match(file.sha256)
  if (kept !== undefined) {
    if (await isIntact(file, kept)) {
      options.onBytes?.(kept.length)
      return kept
    }
    await cache?.delete(file.sha256)
  }
  return downloads.run(`${url} ${file.sha256}`, options, async shared => {
    const bytes = await fetchVerified(file, { ...shared, url, place })
    await cache?.put(file.sha256, bytes)
    return bytes
  })
}

interface Place extends ReadOptions {
  readonly url: URL
  readonly place: string
}

async function fetchVerified(file: KnownFile, { url, place, ...options }: Place): Promise<Uint8Array> {
  const fetched = () => download(url, { ...options, bytes: file.bytes, maxBytes: file.bytes })
  let found = await fetched()
  // parts that do not belong together: the file was replaced between two requests
  if (found.resumed && !(await isIntact(file, found.content))) found = await fetched()
  if (found.size !== file.bytes) throw hashMismatch(file, { bytes: found.size }, place)
  return verifyBytes(file, found.content, place)
}
