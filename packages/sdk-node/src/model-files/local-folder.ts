/** A model in a folder on this machine. */
import { stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { type ManifestFile, MixflowError } from '@mixflow/core'
import {
  hashMismatch,
  type ModelFolder,
  manifestFileName,
  type ReadOptions,
  throwIfAborted,
  verifyBytes,
} from '@mixflow/core/internal'
import { readFailure, readRegularFile, readRegularStart } from '@mixflow/files'

/** Of a larger file, so many bytes are read, which the manifest's parser refuses as too large. */
const manifestCap = 2 ** 20 + 1

/** @param path of the folder, or of its `mixflow.json` */
export function localFolder(path: string, isDirectory: boolean): ModelFolder {
  const folder = isDirectory ? path : dirname(path)
  const manifestPath = isDirectory ? join(path, manifestFileName) : path
  const location = folder.endsWith(sep) ? folder : `${folder}${sep}`
  return {
    location,
    async readManifest({ signal }) {
      throwIfAborted(signal)
      return readRegularStart(manifestPath, manifestCap).catch(cause => {
        throw new MixflowError('MODEL_NOT_FOUND', `cannot read ${manifestPath}: ${readFailure(cause)}`, {
          hint: 'a model is a folder with mixflow.json in it; `mixflow export` writes one',
          details: { location: manifestPath },
          cause,
        })
      })
    },
    readFile: (file, options) => readLocal(file, { ...options, location, path: join(folder, ...file.path.split('/')) }),
  }
}

/** Reads and verifies a file of the manifest. @throws MixflowError MODEL_NOT_FOUND, MODEL_HASH_MISMATCH, ABORTED */
export async function readLocal(
  file: ManifestFile,
  { path, location, signal, onBytes }: ReadOptions & { readonly path: string; readonly location: string },
): Promise<Uint8Array> {
  throwIfAborted(signal)
  try {
    const { size } = await stat(path)
    if (size !== file.bytes) throw hashMismatch(file, { bytes: size }, location)
    const bytes = await readRegularFile(path, { signal })
    onBytes?.(bytes.length)
    return await verifyBytes(file, bytes, location)
  } catch (cause) {
    throwIfAborted(signal)
    if (MixflowError.is(cause) && cause.code !== 'FILE_INVALID') throw cause
    throw new MixflowError('MODEL_NOT_FOUND', `cannot read ${path}, which mixflow.json names: ${readFailure(cause)}`, {
      hint: 'copy the whole folder, or export the model again',
      details: { location: path },
      cause,
    })
  }
}
