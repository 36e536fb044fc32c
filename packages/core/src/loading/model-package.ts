/**
 * A model as an npm package: `import digits from '@mixflow/model-mnist'`. The module contains the manifest, and the addresses of the
 * files as `new URL('./denoiser.onnx', import.meta.url)`, which bundlers follow and Node resolves. So a page serves the model from its
 * own origin, and a program reads it from its `node_modules`.
 */
import { MixflowError } from '../errors.ts'
import { type ManifestFile, manifestFileName } from '../format/manifest.ts'
import type { ModelFolder, ReadOptions } from './model-folder.ts'

export interface ModelPackage {
  /** The content of `mixflow.json`, unchecked. */
  readonly manifest: object
  /** Path in the manifest to address. */
  readonly files: Readonly<Record<string, string>>
}

/** Whether a value has the shape of a model package's export; its contents are not checked. */
export const isModelPackage = (value: unknown): value is ModelPackage => {
  if (typeof value !== 'object' || value === null || value instanceof URL) return false
  const { manifest, files } = value as Partial<ModelPackage>
  return [manifest, files].every(part => typeof part === 'object' && part !== null && !Array.isArray(part))
}

/** Reads and verifies the file at an address. */
export type ReadAt = (address: string, file: ManifestFile, options: ReadOptions) => Promise<Uint8Array>

/** Returns a package as a folder. `readFile` throws MODEL_NOT_FOUND for a file without an address, and passes on errors of `readAt`. */
export function packageFolder({ manifest, files }: ModelPackage, readAt: ReadAt): ModelFolder {
  const { name } = manifest as { readonly name?: unknown }
  const location = `the package of the model ${typeof name === 'string' ? name.slice(0, 100) : '(unnamed)'}`
  return {
    location,
    readManifest: async () => new TextEncoder().encode(JSON.stringify(manifest)),
    async readFile(file, options) {
      const address = Object.hasOwn(files, file.path) ? files[file.path] : undefined
      if (typeof address === 'string') return readAt(address, file, options)
      throw new MixflowError(
        'MODEL_NOT_FOUND',
        `${location} has no address for ${file.path}, which its manifest lists`,
        {
          hint: `pass the address of its folder or ${manifestFileName} instead, or reinstall the package`,
          details: { path: file.path, known: Object.keys(files).slice(0, 20) },
        },
      )
    },
  }
}
