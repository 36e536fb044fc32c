/** The folder for downloads: `MIXFLOW_CACHE` if set, else the user's cache folder. */
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'

/** Absolute path of a folder in the cache. Does not create it. */
export function cacheFolder(name: 'data' | 'backends' | 'measures'): string {
  const chosen = process.env.MIXFLOW_CACHE
  return join(chosen ? resolve(chosen) : envPaths('mixflow', { suffix: '' }).cache, name)
}

/** Absolute path of the folder for downloaded data sets. Does not create it. */
export const dataCacheFolder = (): string => cacheFolder('data')
