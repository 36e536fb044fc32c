/**
 * The npm package around a model: `package.json`, a module with the manifest and the URLs of its files in a form that bundlers recognize,
 * and writing them into a folder that may contain an earlier version. Other fields of an existing `package.json` are kept, above all
 * its version.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, MixflowError, parseManifest } from '@mixflow/core'
import { type JsonValue, manifestFileName, manifestToJson, parseStrictJson } from '@mixflow/core/internal'
import { diskError, readRegularFile, writeFileDurably } from '@mixflow/files'

type Json = Readonly<Record<string, unknown>>

export interface PackageContent {
  /** Folder of the model. */
  readonly model: string
  readonly manifest: Manifest
  /** Of the package. */
  readonly name: string
  /** Further files, by name. */
  readonly records: Readonly<Record<string, string>>
}

/**
 * Writes a package and deletes files of an earlier model that this one does not have. Returns the paths within the folder.
 *
 * @throws MixflowError OUTPUT_DISK; ARGUMENT_INVALID for an existing package.json that is damaged
 */
export async function writePackage(
  folder: string,
  { model, manifest, name, records }: PackageContent,
): Promise<string[]> {
  const paths = [manifestFileName, ...manifest.files.map(({ path }) => path)]
  const before = await existingPackageJson(join(folder, 'package.json'))
  const earlier = await readRegularFile(join(folder, manifestFileName))
    .then(bytes => parseManifest(bytes).files.map(file => file.path))
    .catch(() => [])
  const others: Readonly<Record<string, string>> = {
    ...records,
    'index.js': indexModule(manifest),
    'index.jsx': developmentModule,
    'index.d.ts': indexTypes(manifest),
    'package.json': `${JSON.stringify(packageJson({ manifest, name, others: Object.keys(records) }, before), null, 2)}\n`,
  }
  for (const path of paths) await writeFileDurably(join(folder, path), await readRegularFile(join(model, path)))
  for (const [path, content] of Object.entries(others)) await writeFileDurably(join(folder, path), content)
  for (const path of earlier.filter(each => !paths.includes(each))) {
    await rm(join(folder, path), { force: true }).catch(error => {
      throw diskError(folder, error)
    })
  }
  return [...paths, ...Object.keys(others)]
}

/** A damaged file is refused, because overwriting it would lose what its owner added. */
async function existingPackageJson(path: string): Promise<Json> {
  const hint = `correct ${path}, or delete it to create a new one`
  const found = await readJsonFile(path, hint)
  if (found === null || (typeof found === 'object' && !Array.isArray(found))) return { ...found }
  throw new MixflowError('ARGUMENT_INVALID', `${path} is not a JSON object`, { hint, details: { path } })
}

/**
 * The value of a JSON file; null where there is no file.
 *
 * @throws MixflowError ARGUMENT_INVALID for invalid JSON; the system's error where it cannot be read
 */
export async function readJsonFile(path: string, hint: string): Promise<JsonValue> {
  const bytes = await readRegularFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return bytes === null ? null : parseStrictJson(bytes, { what: path, code: 'ARGUMENT_INVALID', hint })
}

/** @param facts.others files besides those of the model */
export function packageJson(
  { manifest, name, others }: Pick<PackageContent, 'manifest' | 'name'> & { readonly others: readonly string[] },
  before: Json,
): Json {
  const model = [manifestFileName, ...manifest.files.map(({ path }) => path)]
  const files = [...model, ...others, 'index.js', 'index.jsx', 'index.d.ts']
    .filter(path => !/^(README|LICENSE)/.test(path))
    .sort()
  const exported = [manifestFileName, ...networkFiles(manifest), ...others.filter(path => path.endsWith('.json'))]
  return {
    name,
    version: '0.0.0',
    ...before,
    description: manifest.description ?? `The model ${manifest.name}.`,
    license: manifest.licence,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './index.d.ts', node: './index.js', development: './index.jsx', default: './index.js' },
      ...Object.fromEntries([...exported, 'package.json'].map(path => [`./${path}`, `./${path}`])),
    },
    files,
  }
}

const networkFiles = ({ files }: Manifest): string[] =>
  files.filter(({ role }) => role === 'denoiser' || role === 'encoder').map(({ path }) => path)

/** Contains the manifest, which saves a request. */
export function indexModule(manifest: Manifest): string {
  const urls = networkFiles(manifest).map(path => `    '${path}': new URL('./${path}', import.meta.url).href,`)
  return [
    `/** The model ${manifest.name} for \`loadModel\`: what it is, and where its files are. */`,
    'export default {',
    `  manifest: ${manifestToJson(manifest).trimEnd().replaceAll('\n', '\n  ')},`,
    '  files: {',
    ...urls,
    '  },',
    '}',
    '',
  ].join('\n')
}

/**
 * The development server of Vite 5 to 7 would bundle `index.js`, away from the files beside it; modules ending in `.jsx` stay in place. Node,
 * which does not read `.jsx`, has a condition before it: vitest runs Node with the condition `development`.
 */
export const developmentModule = "export { default } from './index.js'\n"

export const indexTypes = (manifest: Manifest): string =>
  `/** The model ${manifest.name} for \`loadModel\` of \`@mixflow/sdk-web\` and \`@mixflow/sdk-node\`. */
declare const model: { readonly manifest: object; readonly files: Readonly<Record<string, string>> }
export default model
`
