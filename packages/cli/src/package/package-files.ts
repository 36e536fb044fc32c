/**
 * What makes an npm package of a model's folder: its `package.json`, and a module that says where the files are, in a form that bundlers
 * understand and copy along. What a `package.json` that is there already says besides stays as it is, its version above all.
 */

import type { Manifest } from '@mixflow/core'
import { manifestToJson } from '@mixflow/core/internal'

export interface PackageFacts {
  readonly manifest: Manifest
  readonly name: string
  /** Files of the folder besides those of the model. */
  readonly others: readonly string[]
}

type Json = Record<string, unknown>

export function packageJson({ manifest, name, others }: PackageFacts, before: Json): Json {
  const model = ['mixflow.json', ...manifest.files.map(({ path }) => path)]
  const files = [...model, ...others, 'index.js', 'index.d.ts'].filter(path => !/^(README|LICENSE)/.test(path)).sort()
  const exported = ['mixflow.json', ...graphs(manifest), ...others.filter(path => path.endsWith('.json'))]
  return {
    name,
    version: '0.0.0',
    ...before,
    description: manifest.description ?? `The model ${manifest.name}.`,
    license: manifest.licence,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      ...Object.fromEntries([...exported, 'package.json'].map(path => [`./${path}`, `./${path}`])),
    },
    files,
  }
}

const graphs = ({ files }: Manifest): string[] =>
  files.filter(({ role }) => role === 'denoiser' || role === 'encoder').map(({ path }) => path)

/** The manifest stands in the module itself: one file less to fetch. */
export function indexModule(manifest: Manifest): string {
  const addresses = graphs(manifest).map(path => `    '${path}': new URL('./${path}', import.meta.url).href,`)
  return [
    `/** The model ${manifest.name} for \`loadModel\`: what it is, and where its files are. */`,
    'export default {',
    `  manifest: ${manifestToJson(manifest).trimEnd().replaceAll('\n', '\n  ')},`,
    '  files: {',
    ...addresses,
    '  },',
    '}',
    '',
  ].join('\n')
}

export const indexTypes = (manifest: Manifest): string =>
  `/** The model ${manifest.name} for \`loadModel\` of \`@mixflow/sdk-web\` and \`@mixflow/sdk-node\`. */
declare const model: { readonly manifest: object; readonly files: Readonly<Record<string, string>> }
export default model
`
