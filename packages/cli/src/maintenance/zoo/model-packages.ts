/** Reads the model packages in a folder, as `mixflow package` writes them; other folders are ignored. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, MixflowError, parseManifest } from '@mixflow/core'
import { manifestFileName, sha256Hex } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'
import type { ZooModel } from '@mixflow/zoo/models'
import { z } from 'zod'
import { readJsonFile } from '../package/package-files.ts'
import { type QualityRecord, qualityFile } from '../package/quality.ts'

export interface PackagedModel {
  readonly folder: string
  /** For `loadModel`: the package name without scope and `model-`. */
  readonly name: string
  readonly packageName: string
  readonly version: string
  readonly manifest: Manifest
  /** Of its mixflow.json. */
  readonly manifestFile: { readonly bytes: number; readonly sha256: string }
  readonly quality: QualityRecord | null
}

const packageFacts = z.object({ name: z.string(), version: z.string() })
const qualityMark = z.object({ format: z.literal('mixflow-quality'), version: z.literal(1) })

/**
 * Sorted by folder name.
 *
 * @throws MixflowError ARGUMENT_INVALID for an unreadable folder or an incomplete package; MANIFEST_INVALID
 */
export async function readModelPackages(folder: string): Promise<PackagedModel[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw refuse(`cannot read ${folder}: ${cause.code}`, { folder, cause })
  })
  const models: PackagedModel[] = []
  for (const name of entries.map(entry => entry.name).sort()) {
    const manifest = await readRegularFile(join(folder, name, manifestFileName)).catch(() => null)
    if (manifest !== null) models.push(await readPackage(join(folder, name), manifest))
  }
  return models
}

async function readPackage(folder: string, bytes: Uint8Array): Promise<PackagedModel> {
  const manifest = parseManifest(bytes)
  const facts = packageFacts.safeParse(await readJson(join(folder, 'package.json')))
  if (!facts.success) throw refuse(`${folder} contains a model but no package.json with name and version`, { folder })
  const { name: packageName, version } = facts.data
  const name = packageName.replace(/^@[^/]*\//, '').replace(/^model-/, '')
  if (manifest.name !== name) {
    throw refuse(`the model in ${packageName} has the name ${manifest.name}, not ${name}`, { folder })
  }
  const quality = await readJson(join(folder, qualityFile))
  if (quality !== null && !qualityMark.safeParse(quality).success) {
    throw refuse(`${join(folder, qualityFile)} is not a quality record`, { folder })
  }
  return {
    folder,
    name,
    packageName,
    version,
    manifest,
    manifestFile: { bytes: bytes.length, sha256: await sha256Hex(bytes) },
    quality: quality as QualityRecord | null,
  }
}

const readJson = (path: string): Promise<unknown> =>
  readJsonFile(path, 'create the package again: mixflow package <run> …')

const refuse = (message: string, { folder, cause }: { readonly folder: string; readonly cause?: unknown }) =>
  new MixflowError('ARGUMENT_INVALID', message, {
    hint: 'create it with: mixflow package <run> --as @you/model-<name> --name <name> --out <folder>/<name>',
    details: { folder },
    cause,
  })

/** The list by which `loadModel` finds models by name. It is part of web pages, so it leaves out what the manifests say. */
export const zooList = (packages: readonly PackagedModel[]): ZooModel[] =>
  packages.map(({ name, packageName, version, manifestFile, quality }) => ({
    name,
    package: packageName,
    // jsDelivr serves every file of every npm version, immutable and with CORS
    address: `https://cdn.jsdelivr.net/npm/${packageName}@${version}/${manifestFileName}`,
    manifest: manifestFile,
    baseline: packages.find(other => other.packageName === quality?.baseline?.name)?.name ?? null,
  }))

/** Total size of the manifest and its files. */
export const modelBytes = ({ manifest, manifestFile }: PackagedModel): number =>
  manifest.files.reduce((sum, { bytes }) => sum + bytes, manifestFile.bytes)
