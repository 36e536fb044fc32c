/**
 * A model at an http(s) address. The manifest is fetched each time; the files that it names are taken from the cache if
 * an intact copy is there, whatever address it came from, and are fetched, verified and then kept otherwise. So a file
 * is downloaded once, a replaced model is noticed, and a download that fails leaves nothing behind.
 */
import { type ManifestFile, manifestFileName } from '@mixflow/core'
import { readBlob, writeBlob } from './blob-cache.ts'
import { fetchBytes, notAFile } from './fetch-bytes.ts'
import type { FolderOptions, ModelFolder, ReadOptions } from './model-files.ts'
import { hashMismatch, verifyBytes } from './verify-file.ts'

const manifestCap = 2 ** 20

/** `address` of the folder, with or without a final slash, or of its mixflow.json. A query stays on every request. */
export function remoteFolder(address: URL, { cacheDir }: FolderOptions): ModelFolder {
  const base = new URL(address)
  if (!base.pathname.endsWith('.json') && !base.pathname.endsWith('/')) base.pathname += '/'
  const urlOf = (path: string) => {
    const url = new URL(path, base)
    url.search = base.search
    return url
  }
  const place = new URL('.', base)
  const shownPlace = `${place.origin}${place.pathname}`

  return {
    place: shownPlace,
    async readManifest(options) {
      const url = base.pathname.endsWith('.json') ? base : urlOf(manifestFileName)
      const bytes = await fetchBytes(url, { ...options, maxBytes: manifestCap })
      if (startsLikeHtml(bytes)) throw notAFile(url)
      return bytes
    },
    async readFile(file, options) {
      const cached = cacheDir === null ? undefined : await readBlob(cacheDir, file)
      if (cached !== undefined) {
        options.onBytes?.(cached.length)
        return cached
      }
      const bytes = await fetchVerified(file, { ...options, url: urlOf(file.path), place: shownPlace })
      if (cacheDir !== null) await writeBlob(cacheDir, file, bytes)
      return bytes
    },
  }
}

async function fetchVerified(
  file: ManifestFile,
  options: ReadOptions & { readonly url: URL; readonly place: string },
): Promise<Uint8Array> {
  const bytes = await fetchBytes(options.url, { ...options, maxBytes: file.bytes })
  if (bytes.length > file.bytes) throw hashMismatch(file, { bytes: bytes.length }, options.place)
  return verifyBytes(file, bytes, options.place)
}

function startsLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*</.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1'))
}
