/**
 * Checks bytes before the runtime sees them: they need the size and SHA-256 that the manifest states, and a manifest those that a list of
 * models states. MODEL_HASH_MISMATCH names the file, its location, what was found and what was expected.
 */
import { MixflowError } from '../errors.ts'
import { type ManifestFile, manifestFileName } from '../format/manifest.ts'
import { sha256Hex } from '../format/sha256.ts'

export type KnownFile = Pick<ManifestFile, 'path' | 'bytes' | 'sha256'>

export interface FoundFile {
  readonly bytes: number
  /** Absent if the size already differs and the bytes were not read to the end. */
  readonly sha256?: string
}

export async function isIntact(file: KnownFile, bytes: Uint8Array): Promise<boolean> {
  return bytes.length === file.bytes && (await sha256Hex(bytes)) === file.sha256
}

/** Returns the bytes. @throws MixflowError MODEL_HASH_MISMATCH */
export async function verifyBytes(file: KnownFile, bytes: Uint8Array, location: string): Promise<Uint8Array> {
  const sha256 = await sha256Hex(bytes)
  if (sha256 !== file.sha256) throw hashMismatch(file, { bytes: bytes.length, sha256 }, location)
  return bytes
}

/** Returns the error for a file at `location` (a folder or an address) that differs from the manifest. */
export function hashMismatch(file: KnownFile, found: FoundFile, location: string): MixflowError {
  const count = (n: number) => n.toLocaleString('en-US')
  const sizes = `${count(found.bytes)} of ${count(file.bytes)} bytes`
  const [has, says] =
    found.sha256 === undefined
      ? [`${count(found.bytes)} bytes`, `${count(file.bytes)} bytes`]
      : [`sha256 ${found.sha256.slice(0, 4)}…`, `${file.sha256.slice(0, 4)}…`]
  const isListed = file.path === manifestFileName // no manifest names itself
  const message = `${file.path} from ${location} has ${has}, the ${isListed ? 'list of models' : 'manifest'} says ${says}`
  const instead = isListed ? 'Load the model by its address' : 'Publish it again, or load it with its own manifest'
  return new MixflowError('MODEL_HASH_MISMATCH', message, {
    hint: `the file was changed or cut short (${sizes}); nothing of it was used or cached. ${instead}.`,
    details: {
      reason: found.sha256 === undefined ? 'size' : 'sha256',
      path: file.path,
      location,
      found,
      expected: { bytes: file.bytes, sha256: file.sha256 },
    },
  })
}
