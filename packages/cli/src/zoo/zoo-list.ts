/** What a folder of packages has, as the list that `loadModel` finds names in. It goes into pages: measures of quality stay in the manifests. */

import { manifestFileName } from '@mixflow/core'
import type { ZooModel } from '@mixflow/zoo/models'
import type { PackagedModel } from './model-packages.ts'

export const zooList = (packages: readonly PackagedModel[]): ZooModel[] =>
  packages.map(({ name, packageName, version, manifest, manifestFile, quality }) => ({
    ...{ name, package: packageName, version },
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    address: `${publicPlace(packageName, version)}/${manifestFileName}`,
    manifest: manifestFile,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, manifestFile.bytes),
    licence: manifest.licence,
    twin: packages.find(other => other.packageName === quality?.twin?.name)?.name ?? null,
  }))

/** Where every file of every version on npm can be had, with CORS, unchanged and for good. */
const publicPlace = (packageName: string, version: string) => `https://cdn.jsdelivr.net/npm/${packageName}@${version}`

/** Returns the list as a module of `@mixflow/zoo` where the file is TypeScript (Node 20 and bundlers disagree on how JSON is imported), else as JSON. */
export function listFile(models: readonly ZooModel[], path: string): string {
  const list = JSON.stringify(models, null, 2)
  if (!path.endsWith('.ts')) return `${list}\n`
  return [
    '/** Made of the packages in models/ by `npx -y pnpm@12 zoo`: not to be edited. */',
    "import type { ZooModel } from './zoo-model.ts'",
    '',
    `export const models: readonly ZooModel[] = ${list}`,
    '',
  ].join('\n')
}
