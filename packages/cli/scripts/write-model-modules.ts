/** Writes `index.js`, `index.jsx` and `index.d.ts` of each model in `models/` from its manifest. pnpm runs it after an install, as `prepare`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseManifest } from '@mixflow/core'
import { developmentModule, indexModule, indexTypes } from '../src/maintenance/package/package-files.ts'

const models = new URL('../../../models/', import.meta.url)

for (const name of readdirSync(models)) {
  const path = (file: string) => fileURLToPath(new URL(`${name}/${file}`, models))
  // extractors of features have no manifest
  if (!existsSync(path('mixflow.json'))) continue
  const manifest = parseManifest(readFileSync(path('mixflow.json')))
  writeFileSync(path('index.js'), indexModule(manifest))
  writeFileSync(path('index.jsx'), developmentModule)
  writeFileSync(path('index.d.ts'), indexTypes(manifest))
}
