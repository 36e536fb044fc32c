/** The list by which `loadModel` finds models by name. It is part of web pages, so it leaves out what the manifests say. */

import { manifestFileName } from '@mixflow/core/internal'
import type { ZooModel } from '@mixflow/zoo/models'
import type { PackagedModel } from './model-packages.ts'

export const zooList = (packages: readonly PackagedModel[]): ZooModel[] =>
  packages.map(({ name, packageName, version, manifestFile, quality }) => ({
    name,
    package: packageName,
    // jsDelivr serves every file of every npm version, immutable and with CORS
    address: `https://cdn.jsdelivr.net/npm/${packageName}@${version}/${manifestFileName}`,
    manifest: manifestFile,
    baseline: packages.find(other => other.packageName === quality?.twin?.name)?.name ?? null,
  }))

/** Total size of the manifest and its files. */
export const modelBytes = ({ manifest, manifestFile }: PackagedModel): number =>
  manifest.files.reduce((sum, { bytes }) => sum + bytes, manifestFile.bytes)
