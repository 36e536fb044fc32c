/** The entries of all packages, read from their manifests. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** The name of each entry in an import, and the path of its source. */
export const entries = readdirSync(packages).flatMap(folder => {
  const { name, exports } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'))
  return Object.entries(exports).flatMap(([entry, { '@mixflow/source': source }]) =>
    source === undefined ? [] : [{ name: join(name, entry), source: join(packages, folder, source) }],
  )
})
