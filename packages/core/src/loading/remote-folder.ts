/**
 * A model at an http(s) address. The manifest is fetched each time; the files that it names are taken from the cache if
 * an intact copy is there, whatever address it came from, and are fetched, verified and then kept otherwise. So a file
 * is downloaded once, even by many who ask at the same time, a replaced model is noticed, and a download that fails leaves
 * nothing behind.
 */
import { type ManifestFile, manifestFileName } from '../format/manifest.ts'
import { download, notAFile } from './download.ts'
import type { ModelCache, ModelFolder, ReadOptions } from './model-folder.ts'
import { SharedWork } from './shared-work.ts'
import { hashMismatch, isIntact, verifyBytes } from './verify-file.ts'

const manifestCap = 2 ** 20

const downloads = new SharedWork<Uint8Array>()

/**
 * @param address of the folder, with or without a final slash, or of its mixflow.json. A query stays on every request.
 * @param cache null keeps nothing
 */
export function remoteFolder(address: URL, cache: ModelCache | null): ModelFolder {
  const base = new URL(address)
  if (!base.pathname.endsWith('.json') && !base.pathname.endsWith('/')) base.pathname += '/'
  const urlOf = (path: string) => {
    const url = new URL(path, base)
    url.search = base.search
    return url
  }
  const folder = new URL('.', base)
  const place = `${folder.origin}${folder.pathname}`

  return {
    place,
    async readManifest(options) {
      const url = base.pathname.endsWith('.json') ? base : urlOf(manifestFileName)
      const { content } = await download(url, { ...options, maxBytes: manifestCap })
      if (startsLikeHtml(content)) throw notAFile(url)
      return content
    },
    async readFile(file, options) {
      const kept = await cache?.match(file.sha256)
      if (kept !== undefined) {
        if (await isIntact(file, kept)) {
          options.onBytes?.(kept.length)
          return kept
        }
        await cache?.delete(file.sha256)
      }
      const url = urlOf(file.path)
      return downloads.run(`${url} ${file.sha256}`, options, async shared => {
        const bytes = await fetchVerified(file, { ...shared, url, place })
        await cache?.put(file.sha256, bytes)
        return bytes
      })
    },
  }
}

interface Place extends ReadOptions {
  readonly url: URL
  readonly place: string
}

async function fetchVerified(file: ManifestFile, { url, place, ...options }: Place): Promise<Uint8Array> {
  const fetched = () => download(url, { ...options, bytes: file.bytes, maxBytes: file.bytes })
  let found = await fetched()
  // parts that do not belong together: the file was replaced between two requests
  if (found.resumed && !(await isIntact(file, found.content))) found = await fetched()
  if (found.size !== file.bytes) throw hashMismatch(file, { bytes: found.size }, place)
  return verifyBytes(file, found.content, place)
}

function startsLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 100)))
}
