/**
 * A model by its name: from the npm package that it is in, where that is installed, else from its address, and then it must be the one that
 * the list means.
 */
import { existsSync } from 'node:fs'
import type { ListedModel } from '@mixflow/core'
import { findListed, listedFolder, type ModelFolder, manifestFileName, unknownModel } from '@mixflow/core/internal'
import { resolvePackage } from '../runtime/resolve-package.ts'
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
  const installed = resolvePackage(`${model.package}/${manifestFileName}`)
  if (installed !== undefined) return openFolder(installed, { cacheDir })
  return listedFolder(model, cacheDir === null ? null : blobCache(cacheDir))
}
