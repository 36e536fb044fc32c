/**
 * A model by its name: from the npm package that it is in, where that is installed, else from its address, and then it must be the one that
 * the list means. Packages are looked for from here, from the program that runs, and from the working directory.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import {
  findListed,
  type ListedModel,
  listedFolder,
  type ModelFolder,
  manifestFileName,
  unknownModel,
} from '@mixflow/core'
import { blobCache } from './blob-cache.ts'
import { type FolderOptions, openFolder } from './open-folder.ts'

export interface NamedOptions extends FolderOptions {
  readonly models: readonly ListedModel[]
}

/** @throws MixflowError MODEL_UNKNOWN where no model has the name, and nothing here is called so */
export async function openNamed(name: string, { models, cacheDir }: NamedOptions): Promise<ModelFolder> {
  const model = findListed(name, models)
  if (model === undefined) {
    if (existsSync(name)) return openFolder(name, { cacheDir })
    throw unknownModel(name, models)
  }
  const installed = manifestIn(model.package)
  if (installed !== undefined) return openFolder(installed, { cacheDir })
  return listedFolder(model, cacheDir === null ? null : blobCache(cacheDir))
}

/** Path of its mixflow.json; undefined where the package is not installed. */
function manifestIn(packageName: string): string | undefined {
  for (const from of [import.meta.url, process.argv[1], join(process.cwd(), 'index.js')]) {
    try {
      if (from) return createRequire(from).resolve(`${packageName}/${manifestFileName}`)
    } catch {}
  }
  return undefined
}
