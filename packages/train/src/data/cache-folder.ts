/** Where downloads are kept: `MIXFLOW_CACHE` if set, else the cache folder of this user on this system. */
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'

/** A folder of the cache, absolute; not created here. */
export function cacheFolder(name: 'data' | 'backends' | 'measures'): string {
  const chosen = process.env.MIXFLOW_CACHE
  return join(chosen ? resolve(chosen) : envPaths('mixflow', { suffix: '' }).cache, name)
}

/** Folder for downloaded data sets. */
export const dataCacheFolder = (): string => cacheFolder('data')
