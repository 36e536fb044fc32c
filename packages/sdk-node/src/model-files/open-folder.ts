/** Opens the files of a model, from a name, a folder, an address or an npm package. */
import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ListedModel, MixflowError, type ModelCache, type ModelPackage } from '@mixflow/core'
import {
  findListed,
  isModelName,
  isModelPackage,
  listedFolder,
  type ModelFolder,
  manifestFileName,
  packageFolder,
  readRemote,
  remoteFolder,
  unknownModel,
} from '@mixflow/core/internal'
import { readRegularFile, writeFileDurably } from '@mixflow/files'
import { resolvePackage } from '../resolve-package.ts'
import { localFolder, readLocal } from './local-folder.ts'

export interface FolderOptions {
  /** Folder for downloads; null keeps none. */
  readonly cacheDir: string | null
  /** The models that can be opened by name. */
  readonly models: readonly ListedModel[]
}

/**
 * Opens a model by name, by path or `file:` or `http(s):` address of a `mixflow.json` or its folder, or by what its npm package
 * exports.
 *
 * @throws MixflowError MODEL_NOT_FOUND; MODEL_UNKNOWN for a name that neither a model nor a file has
 */
export async function openFolder(
  from: string | URL | ModelPackage,
  { cacheDir, models }: FolderOptions,
): Promise<ModelFolder> {
  const cache = cacheDir === null ? null : fileCache(cacheDir)
  if (isModelPackage(from)) return openPackage(from, cache)
  if (!isModelName(from)) return openPath(String(from), cache)
  const model = findListed(from, models)
  if (model === undefined) {
    if (existsSync(from)) return openPath(from, cache)
    throw unknownModel(from, models)
  }
  const installed = resolvePackage(`${model.package}/${manifestFileName}`)
  return installed === undefined ? listedFolder(model, cache) : openPath(installed, cache)
}

async function openPath(text: string, cache: ModelCache | null): Promise<ModelFolder> {
  if (/^https?:/i.test(text)) return remoteFolder(parseUrl(text), cache)
  const path = /^file:/i.test(text) ? pathOf(text) : text
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw notFound(text, 'use an http:, https: or file: address')
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw notFound(text, 'give the folder that holds mixflow.json, or its http(s) address')
  return localFolder(path, found.isDirectory())
}

/** In Node, the addresses of an installed package's files are `file:` URLs. */
function openPackage(model: ModelPackage, cache: ModelCache | null): ModelFolder {
  const folder = packageFolder(model, (address, file, options) => {
    const { location } = folder
    if (/^https?:/i.test(address)) return readRemote({ ...options, url: parseUrl(address), file, cache, location })
    if (/^file:/i.test(address)) return readLocal(file, { ...options, path: pathOf(address), location })
    throw notFound(address, 'the files of a package must have file: or http(s): addresses')
  })
  return folder
}

function pathOf(text: string): string {
  const url = parseUrl(text)
  try {
    return fileURLToPath(url)
  } catch {
    throw notFound(text, 'use a file: address of this machine, which begins with file:///')
  }
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw notFound(text, 'correct the address: it is not a valid URL')
}

function notFound(location: string, hint: string): MixflowError {
  return new MixflowError('MODEL_NOT_FOUND', `no model at ${JSON.stringify(location.slice(0, 400))}`, {
    hint,
    details: { location },
  })
}

const cacheErrors = {
  code: 'DOWNLOAD_DISK',
  hint: 'choose another folder: the variable MIXFLOW_CACHE, or in a program the option cacheDir (null keeps nothing)',
  hintIfFull:
    'free some space, or move the cache to another disk: the variable MIXFLOW_CACHE, or in a program the option cacheDir (null keeps nothing)',
} as const

/**
 * A cache of files named by their sha256. A file appears only when complete, so processes can share the folder; nothing is
 * evicted, and deleting the folder is safe at any time.
 */
function fileCache(folder: string): ModelCache {
  const pathOf = (key: string) => join(folder, 'sha256', key.slice(0, 2), key)
  return {
    match: key => readRegularFile(pathOf(key)).catch(() => undefined),
    put: (key, bytes) => writeFileDurably(pathOf(key), bytes, cacheErrors),
    delete: key => rm(pathOf(key), { force: true }).catch(() => {}),
  }
}
