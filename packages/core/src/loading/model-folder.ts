/**
 * ModelFolder: where a model is read from, a folder on disk or an address: its manifest, and files verified against it. ModelCache:
 * where downloaded files are kept between loads.
 */
import type { ManifestFile } from '../format/manifest.ts'

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Bytes of this file so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export interface ModelFolder {
  /** Path or address, for messages. */
  readonly location: string
  readManifest(options: ReadOptions): Promise<Uint8Array>
  /** The file's bytes, verified against the manifest. They may be shared and must not be changed. */
  readFile(file: ManifestFile, options: ReadOptions): Promise<Uint8Array>
}

/**
 * Stores files by content: a key is a SHA-256 in hex. Files from a cache are verified again and deleted if damaged, so a cache may lose
 * or damage files without harm.
 */
export interface ModelCache {
  match(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
}
