/**
 * A file of a model at an http(s) address. An intact copy in the cache is used, whatever address it came from; otherwise the file is
 * downloaded, verified and cached. Concurrent requests share one download, and a failed download leaves nothing behind.
 */
import { download } from './download.ts'
import type { ModelCache, ReadOptions } from './model-folder.ts'
import { SharedWork } from './shared-work.ts'
import { hashMismatch, isIntact, type KnownFile, verifyBytes } from './verify-file.ts'

const downloads = new SharedWork<Uint8Array>()

export interface RemoteFile extends ReadOptions {
  readonly url: URL
  readonly file: KnownFile
  /** null: no caching. */
  readonly cache: ModelCache | null
  /** Where the model is, for messages. */
  readonly location: string
}

/** @throws MixflowError DOWNLOAD_*, MODEL_HASH_MISMATCH, ABORTED */
export async function readRemote({ url, file, cache, location, ...options }: RemoteFile): Promise<Uint8Array> {
  const cached = await cache?.match(file.sha256)
  if (cached !== undefined) {
    if (await isIntact(file, cached)) {
      options.onBytes?.(cached.length)
      return cached
    }
    await cache?.delete(file.sha256)
  }
  return downloads.run(`${url} ${file.sha256}`, options, async shared => {
    const bytes = await fetchVerified(file, { ...shared, url, location })
    await cache?.put(file.sha256, bytes)
    return bytes
  })
}

async function fetchVerified(
  file: KnownFile,
  { url, location, ...options }: Omit<RemoteFile, 'file' | 'cache'>,
): Promise<Uint8Array> {
  const fetched = () => download(url, { ...options, bytes: file.bytes, maxBytes: file.bytes })
  let found = await fetched()
  // a mismatch after resuming: the file may have been replaced between two requests
  if (found.resumed && !(await isIntact(file, found.content))) found = await fetched()
  if (found.size !== file.bytes) throw hashMismatch(file, { bytes: found.size }, location)
  return verifyBytes(file, found.content, location)
}
