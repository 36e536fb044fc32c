/** Where downloads are kept: `MIXFLOW_CACHE` if set, else the cache folder of this user on this system. */
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'

/** Folder for downloaded data sets, absolute; not created here. */
export function dataCacheFolder(): string {
  const chosen = process.env.MIXFLOW_CACHE
  return join(chosen ? resolve(chosen) : envPaths('mixflow', { suffix: '' }).cache, 'data')
}
