/** Installed versions of runtimes, as the package that imports them would resolve them. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Finding } from './findings.ts'

/** Runtime -> the package that imports it. */
const runtimes = {
  'onnxruntime-node': '@mixflow/tfjs-onnx',
  '@tensorflow/tfjs-core': '@mixflow/train',
  sharp: '@mixflow/train',
} as const

export const runtimeFindings = (): Finding[] =>
  Object.entries(runtimes).map(([name, owner]) => {
    const version = versionOf(name, import.meta.resolve(owner))
    if (version !== null) return { topic: 'runtime', name, state: 'ok', text: version }
    return { topic: 'runtime', name, state: 'broken', text: 'not installed', command: `npm install ${name}` }
  })

/** Version of a package as resolved from `importer`; null if it is not found. */
export function versionOf(name: string, importer: string): string | null {
  const folder = folderOf(name, importer)
  return folder === null ? null : JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

/** Folder of a package as resolved from `importer`; null if it is not found. */
export function folderOf(name: string, importer: string): string | null {
  try {
    let folder = dirname(createRequire(importer).resolve(name))
    while (dirname(folder) !== folder) {
      const manifest = join(folder, 'package.json')
      const found = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {}
      if (found.name === name) return folder
      folder = dirname(folder)
    }
  } catch {}
  return null
}
