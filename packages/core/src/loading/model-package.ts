/**
 * A model as an npm package gives it: `import digits from '@mixflow/model-mnist'`. Its manifest comes in the module itself; its files
 * by address, in the form `new URL('./denoiser.onnx', import.meta.url)`, which bundlers follow and Node resolves. So a page serves
 * the model from where it serves itself, and a program reads it from its own `node_modules`.
 */
import { MixflowError } from '../errors.ts'
import { type ManifestFile, manifestFileName } from '../format/manifest.ts'
import type { ModelFolder, ReadOptions } from './model-folder.ts'

export interface ModelPackage {
  /** What `mixflow.json` holds, not yet checked. */
  readonly manifest: object
  /** Path in the manifest -> address. */
  readonly files: Readonly<Record<string, string>>
}

/** Whether this has the form of what a model's package exports; what is in it is not looked at. */
export const isModelPackage = (value: unknown): value is ModelPackage => {
  if (typeof value !== 'object' || value === null || value instanceof URL) return false
  const { manifest, files } = value as Partial<ModelPackage>
  return [manifest, files].every(part => typeof part === 'object' && part !== null && !Array.isArray(part))
}

/** Reads one file from where it is, verified. */
export type ReadAt = (address: string, file: ManifestFile, options: ReadOptions) => Promise<Uint8Array>

/** A package as a place of files. `readFile` throws MODEL_NOT_FOUND for a file without an address, and what `readAt` throws. */
export function packageFolder({ manifest, files }: ModelPackage, readAt: ReadAt): ModelFolder {
  const { name } = manifest as { readonly name?: unknown }
  const place = `the package of the model ${typeof name === 'string' ? name.slice(0, 100) : 'without a name'}`
  return {
    place,
    readManifest: async () => new TextEncoder().encode(JSON.stringify(manifest)),
    async readFile(file, options) {
      const address = Object.hasOwn(files, file.path) ? files[file.path] : undefined
      if (typeof address === 'string') return readAt(address, file, options)
      throw new MixflowError('MODEL_NOT_FOUND', `${place} has no address of ${file.path}, which its manifest names`, {
        hint: `give the address of its folder or of its ${manifestFileName} instead, or install the package again`,
        details: { path: file.path, known: Object.keys(files).slice(0, 20) },
      })
    },
  }
}
