/**
 * What a place of model files gives, be it a folder on disk or an address: a manifest's text, and files that are verified
 * against it.
 */
import type { ManifestFile } from '@mixflow/core'

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Bytes of this file so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export interface ModelFolder {
  /** Path or address, for messages. */
  readonly place: string
  readManifest(options: ReadOptions): Promise<Uint8Array>
  /** The file's bytes, proven to be the manifest's. */
  readFile(file: ManifestFile, options: ReadOptions): Promise<Uint8Array>
}

export interface FolderOptions {
  /** Folder that downloads are kept in; null keeps nothing. */
  readonly cacheDir: string | null
}
