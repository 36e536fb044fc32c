/**
 * What a place of model files gives, be it a folder on disk or an address: a manifest's text, and files that are verified
 * against it. And what keeps downloaded files between loads.
 */
import type { ManifestFile } from '../format/manifest.ts'

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Bytes of this file so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export interface ModelFolder {
  /** Path or address, for messages. */
  readonly place: string
  readManifest(options: ReadOptions): Promise<Uint8Array>
  /** The file's bytes, proven to be the manifest's. They may be shared: not to be changed. */
  readFile(file: ManifestFile, options: ReadOptions): Promise<Uint8Array>
}

/**
 * Keeps files by their content: a key is a sha256 in hex. What it gives back is verified again, and deleted if it is not what
 * was put, so a cache may lose or damage files without harm.
 */
export interface ModelCache {
  match(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
}
