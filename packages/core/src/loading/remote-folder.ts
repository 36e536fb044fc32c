/**
 * A model at an http(s) address. The manifest is fetched each time, so that a replaced model is noticed, unless a list has its hash:
 * then it is cached like the files that it names (remote-file.ts).
 */
import { manifestFileName } from '../format/manifest.ts'
import { download } from './download.ts'
import { notAFile } from './download-failures.ts'
import type { ListedModel } from './listed-model.ts'
import type { ModelCache, ModelFolder } from './model-folder.ts'
import { type ModelPackage, packageFolder } from './model-package.ts'
import { readRemote } from './remote-file.ts'

const maxManifestBytes = 2 ** 20

/** An address, a package whose files have addresses, or an entry of a list of models. */
export type RemoteSource = URL | ModelPackage | ListedModel

/** Returns the folder of a model. @param cache null: no caching */
export function remoteModel(source: RemoteSource, cache: ModelCache | null): ModelFolder {
  if (source instanceof URL) return remoteFolder(source, cache)
  return 'files' in source ? remotePackage(source, cache) : listedFolder(source, cache)
}

/** Returns the folder of a listed model; reading a manifest that is not the list's fails. */
export function listedFolder({ address, manifest }: ListedModel, cache: ModelCache | null): ModelFolder {
  const url = new URL(address)
  const folder = remoteFolder(url, cache)
  const file = { path: manifestFileName, ...manifest }
  return {
    ...folder,
    readManifest: options => readRemote({ ...options, url, file, cache, location: folder.location }),
  }
}

/**
 * @param address of the folder, with or without a final slash, or of its mixflow.json; a query is added to every request
 * @param cache null: no caching
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
  const location = `${folder.origin}${folder.pathname}`

  return {
    location,
    async readManifest(options) {
      const url = base.pathname.endsWith('.json') ? base : urlOf(manifestFileName)
      const { content } = await download(url, { ...options, maxBytes: maxManifestBytes })
      if (startsLikeHtml(content)) throw notAFile(url)
      return content
    },
    readFile: (file, options) => readRemote({ ...options, url: urlOf(file.path), file, cache, location }),
  }
}

const remotePackage = (model: ModelPackage, cache: ModelCache | null): ModelFolder => {
  const folder = packageFolder(model, (address, file, options) =>
    readRemote({ ...options, url: new URL(address), file, cache, location: folder.location }),
  )
  return folder
}

function startsLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 100)))
}
