/**
 * Finds a feature extractor by name or path: `cifar10` is the package `@mixflow/features-cifar10`, `@scope/name` is that package,
 * and anything else is a path. Packages are resolved from this package and from the working directory.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { nearest } from '@mixflow/core/internal'
import { extractorFileName, readExtractor, type StoredExtractor } from './extractor-file.ts'

/** Names of the published extractors. */
export const extractorNames = ['cifar10', 'mnist', 'mnist-reader'] as const

/**
 * @param nameOrPath `cifar10`, the name of an installed package, or the path of a folder or `extractor.json`
 * @throws MixflowError EXTRACTOR_NOT_FOUND, EXTRACTOR_INVALID
 */
export async function findExtractor(nameOrPath: string): Promise<StoredExtractor> {
  const file = packagePath(nameOrPath)
  if (file !== undefined) return readExtractor(file)
  if (existsSync(nameOrPath) || /[/\\.]/.test(nameOrPath.replace(/^@/, ''))) return readExtractor(nameOrPath)
  const near = nearest(nameOrPath, extractorNames)
  throw new MixflowError('EXTRACTOR_NOT_FOUND', `no feature extractor named "${nameOrPath}"`, {
    hint: [
      ...(near === undefined ? [] : [`did you mean "${near}"?`]),
      `extractors: ${extractorNames.join(', ')}; an installed package with an ${extractorFileName}; or a folder with one`,
    ],
    details: { nameOrPath, nearest: near, known: extractorNames },
  })
}

function packagePath(name: string): string | undefined {
  if (!/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/.test(name)) return undefined
  for (const candidate of name.startsWith('@') ? [name] : [`@mixflow/features-${name}`, name]) {
    for (const from of [import.meta.url, join(process.cwd(), 'index.js')]) {
      try {
        return createRequire(from).resolve(`${candidate}/${extractorFileName}`)
      } catch {}
    }
  }
  return undefined
}
