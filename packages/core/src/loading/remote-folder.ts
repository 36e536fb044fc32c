/**
 * A model at an http(s) address. The manifest is fetched each time, so that a replaced model is noticed, unless a list says what it
 * must be; then it is a file like those that it names, which come from the cache where they can (remote-file.ts).
 */
import { manifestFileName } from '../format/manifest.ts'
import { download } from './download.ts'
import { notAFile } from './download-failures.ts'
import type { ListedModel } from './listed-model.ts'
import type { ModelCache, ModelFolder } from './model-folder.ts'
import { type ModelPackage, packageFolder } from './model-package.ts'
import { readRemote } from './remote-file.ts'

const manifestCap = 2 ** 20

/** At an address, in a package whose files have addresses, or in a list. */
export type RemotePlace = URL | ModelPackage | ListedModel

/**
 * A model that is somewhere else: at an address, in a package that says where its files are, or in a list of models.
 *
 * @param cache null keeps nothing
 */
export function remoteModel(place: RemotePlace, cache: ModelCache | null): ModelFolder {
  if (place instanceof URL) return remoteFolder(place, cache)
  return 'files' in place ? remotePackage(place, cache) : listedFolder(place, cache)
}

/** Of the list's manifest, or an error. */
export function listedFolder({ address, manifest }: ListedModel, cache: ModelCache | null): ModelFolder {
  const url = new URL(address)
  const folder = remoteFolder(url, cache)
  const file = { path: manifestFileName, ...manifest }
  return {
    ...folder,
    readManifest: options => readRemote({ ...options, url, file, cache, place: folder.place }),
  }
}

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
    readFile: (file, options) => readRemote({ ...options, url: urlOf(file.path), file, cache, place }),
  }
}

/** A package whose files have http(s) addresses. */
const remotePackage = (model: ModelPackage, cache: ModelCache | null): ModelFolder => {
  const folder = packageFolder(model, (address, file, options) =>
    readRemote({ ...options, url: new URL(address), file, cache, place: folder.place }),
  )
  return folder
}

function startsLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 100)))
}
