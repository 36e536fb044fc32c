/**
 * Packages that are loaded only where somebody installed them: looked for from this package (which finds what is installed
 * beside it), then from the folder that the user works in.
 */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A place that a package was found from. */
export interface Found {
  load(): unknown
}

/** @param places more folders to look from, which come last */
export function findPackage(name: string, places: readonly string[] = []): Found[] {
  const folders = [process.cwd(), ...places].map(folder => pathToFileURL(join(folder, 'package.json')).href)
  return [import.meta.url, ...folders].flatMap(from => {
    const require = createRequire(from)
    try {
      require.resolve(name)
    } catch {
      return []
    }
    return [{ load: () => require(name) as unknown }]
  })
}
