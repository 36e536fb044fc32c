/**
 * Reads what a runtime needs from a model folder: the manifest, then the chosen graphs, each verified and checked (check-graph.ts)
 * before the runtime sees a byte, with progress over all of them.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { type Manifest, type ManifestFile, parseManifest } from '../format/manifest.ts'
import { checkGraph } from './check-graph.ts'
import type { ModelFolder } from './model-folder.ts'

export interface LoadProgress {
  readonly phase: 'manifest' | 'files' | 'session'
  /** Progress of this phase, 0..1. */
  readonly fraction: number
  /** Bytes read, and in total; in the phase `files`. */
  readonly bytes?: number
  readonly totalBytes?: number
}

export interface LoadOptions {
  readonly signal: AbortSignal | undefined
  readonly report: (progress: LoadProgress) => void
}

/** @throws MixflowError MODEL_NOT_FOUND, DOWNLOAD_*, MANIFEST_INVALID, ABORTED */
export async function readManifest(folder: ModelFolder, { signal, report }: LoadOptions): Promise<Manifest> {
  report({ phase: 'manifest', fraction: 0 })
  const manifest = parseManifest(await folder.readManifest({ signal }))
  report({ phase: 'manifest', fraction: 1 })
  return manifest
}

export type Role = 'denoiser' | 'encoder'
export type Precision = 'float32' | 'float16'

/** The largest size of an ONNX file: Protocol Buffers cannot hold more. */
const maxGraphBytes = 2 ** 31

/**
 * Returns the graph in the preferred precision, or else in the other; a parsed manifest has at least one.
 *
 * @throws MixflowError MODEL_INVALID for an impossible size
 */
export function chooseGraph({ files }: Manifest, role: Role, preferred: Precision): ManifestFile {
  const graphs = files.filter(file => file.role === role)
  const file = graphs.find(({ dtype }) => dtype === preferred) ?? graphs[0]!
  if (file.bytes <= maxGraphBytes) return file
  throw new MixflowError('MODEL_INVALID', `${file.path} has ${file.bytes} bytes, more than an ONNX file can hold`, {
    hint: 'the manifest is wrong: export the model again',
    details: { path: file.path, bytes: file.bytes, maxBytes: maxGraphBytes },
  })
}

/** Returns the denoiser in the requested precision. @throws MixflowError ARGUMENT_INVALID if the model does not have it */
export function chooseDenoiser(
  manifest: Manifest,
  { dtype, preferred }: { readonly dtype: 'auto' | Precision; readonly preferred: Precision },
): ManifestFile {
  const file = chooseGraph(manifest, 'denoiser', dtype === 'auto' ? preferred : dtype)
  if (dtype === 'auto' || file.dtype === dtype) return file
  throw new MixflowError('ARGUMENT_INVALID', `the model ${manifest.name} has no ${dtype} denoiser`, {
    hint: `use dtype: "${file.dtype}", or leave it out`,
    details: { dtype, available: [file.dtype] },
  })
}

/** Returns the contents of the graphs, in order. @throws MixflowError MODEL_NOT_FOUND, MODEL_HASH_MISMATCH, MODEL_INVALID, DOWNLOAD_*, ABORTED */
export async function readGraphs(
  folder: ModelFolder,
  { manifest, files }: { readonly manifest: Manifest; readonly files: readonly ManifestFile[] },
  { signal, report }: LoadOptions,
): Promise<Uint8Array[]> {
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const contents: Uint8Array[] = []
  let before = 0
  report({ phase: 'files', fraction: 0, bytes: 0, totalBytes })
  for (const file of files) {
    const onBytes = (read: number) => {
      const bytes = before + read
      report({ phase: 'files', fraction: bytes / Math.max(1, totalBytes), bytes, totalBytes })
    }
    const bytes = await folder.readFile(file, { signal, onBytes })
    checkGraph(bytes, { file, ports: manifest.networks[file.role as Role]! })
    contents.push(bytes)
    before += file.bytes
  }
  throwIfAborted(signal)
  return contents
}
