/** Puts a model into a package's folder: file by file, each whole or not at all, and takes away what an earlier model had more. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, MixflowError, parseManifest } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'
import { diskError, readRegularFile, writeFileDurably } from '@mixflow/files'
import { readJsonFile } from '../json-file.ts'

export interface PackageContent {
  /** Folder of the model. */
  readonly model: string
  readonly manifest: Manifest
  /** Other files, given what `package.json` said before. */
  readonly added: (before: Record<string, unknown>) => Readonly<Record<string, string>>
}

/** Returns the paths. @throws MixflowError OUTPUT_DISK; ARGUMENT_INVALID for a package.json there that is damaged */
export async function writePackage(folder: string, { model, manifest, added }: PackageContent): Promise<string[]> {
  const paths = [manifestFileName, ...manifest.files.map(({ path }) => path)]
  const before = await packageJson(join(folder, 'package.json'))
  const others = Object.entries(added(before))
  const stale = (await namedIn(join(folder, manifestFileName))).filter(path => !paths.includes(path))
  for (const path of paths) await writeFileDurably(join(folder, path), await readRegularFile(join(model, path)))
  for (const [path, content] of others) await writeFileDurably(join(folder, path), content)
  for (const path of stale) {
    await rm(join(folder, path), { force: true }).catch(error => {
      throw diskError(folder, error)
    })
  }
  return [...paths, ...others.map(([path]) => path)]
}

/** What the file says; nothing where there is none. A damaged one is refused: what its owner wrote there would be lost. */
async function packageJson(path: string): Promise<Record<string, unknown>> {
  const hint = `correct ${path}, or delete it to have it made again`
  const found = await readJsonFile(path, { code: 'ARGUMENT_INVALID', hint })
  if (found !== null && (typeof found !== 'object' || Array.isArray(found))) {
    throw new MixflowError('ARGUMENT_INVALID', `${path} is not a JSON object`, { hint, details: { path } })
  }
  return { ...found }
}

/** Files of the model that is there. */
const namedIn = (path: string): Promise<string[]> =>
  readRegularFile(path)
    .then(bytes => parseManifest(bytes).files.map(file => file.path))
    .catch(() => [])
