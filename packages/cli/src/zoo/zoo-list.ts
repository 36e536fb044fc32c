/** The models of a folder as the list in which `loadModel` finds names. Web pages include it, so it leaves out what the manifests say. */

import { manifestFileName } from '@mixflow/core/internal'
import type { ZooModel } from '@mixflow/zoo/models'
import type { PackagedModel } from './model-packages.ts'

export const zooList = (packages: readonly PackagedModel[]): ZooModel[] =>
  packages.map(({ name, packageName, version, manifestFile, quality }) => ({
    name,
    package: packageName,
    // jsDelivr serves every file of every version on npm, with CORS and unchanged
    address: `https://cdn.jsdelivr.net/npm/${packageName}@${version}/${manifestFileName}`,
    manifest: manifestFile,
    baseline: packages.find(other => other.packageName === quality?.twin?.name)?.name ?? null,
  }))

/** Bytes of all files that a model's manifest names, and of the manifest. */
export const modelBytes = ({ manifest, manifestFile }: PackagedModel): number =>
  manifest.files.reduce((sum, { bytes }) => sum + bytes, manifestFile.bytes)
