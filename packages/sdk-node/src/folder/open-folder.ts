/** Opens the place of a model's files: a folder on disk, or an address. */
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { MixflowError, type ModelPackage } from '@mixflow/core'
import { type ModelFolder, packageFolder, readRemote, remoteFolder } from '@mixflow/core/internal'
import { blobCache } from './blob-cache.ts'
import { localFolder, readLocal } from './local-folder.ts'

export interface FolderOptions {
  /** Folder that downloads are kept in; null keeps nothing. */
  readonly cacheDir: string | null
}

/** A `mixflow.json` or the folder it is in, by path, `file:` or `http(s):` address. */
export async function openFolder(pathOrUrl: string | URL, { cacheDir }: FolderOptions): Promise<ModelFolder> {
  const text = String(pathOrUrl)
  if (/^https?:/i.test(text)) return remoteFolder(parseUrl(text), cacheDir === null ? null : blobCache(cacheDir))
  const path = /^file:/i.test(text) ? pathOf(text) : text
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw notFound(text, 'only http:, https: and file: addresses are loaded')
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw notFound(text, 'give the folder that holds mixflow.json, or an http(s) address of one')
  return localFolder(path, found.isDirectory())
}

/** A package's files by their addresses, which Node resolves to files of this machine. */
export function openPackage(model: ModelPackage, { cacheDir }: FolderOptions): ModelFolder {
  const cache = cacheDir === null ? null : blobCache(cacheDir)
  const folder = packageFolder(model, (address, file, options) => {
    const { place } = folder
    if (/^https?:/i.test(address)) return readRemote({ ...options, url: parseUrl(address), file, cache, place })
    if (/^file:/i.test(address)) return readLocal(file, { ...options, path: pathOf(address), place })
    throw notFound(address, 'the files of a package are at file: or http(s): addresses')
  })
  return folder
}

/** On this machine: not every file address is of a file here. */
function pathOf(text: string): string {
  const url = parseUrl(text)
  try {
    return fileURLToPath(url)
  } catch {
    throw notFound(text, 'a file address of this machine begins with file:///')
  }
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw notFound(text, 'this is no valid address')
}

function notFound(place: string, hint: string): MixflowError {
  return new MixflowError('MODEL_NOT_FOUND', `no model at ${JSON.stringify(place.slice(0, 400))}`, {
    hint,
    details: { place },
  })
}
