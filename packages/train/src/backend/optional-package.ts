/** Finds optional packages: from this package, then from the working directory. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Found {
  load(): unknown
}

/** All copies that can be resolved, in order. @param folders more folders to resolve from, at the end */
export function findPackage(name: string, folders: readonly string[] = []): Found[] {
  const origins = [process.cwd(), ...folders].map(folder => pathToFileURL(join(folder, 'package.json')).href)
  return [import.meta.url, ...origins].flatMap(from => {
    const require = createRequire(from)
    try {
      require.resolve(name)
    } catch {
      return []
    }
    return [{ load: () => require(name) as unknown }]
  })
}
