/** SHA-256 by the platform's WebCrypto, as the lower-case hex text that manifests and checkpoints hold. */
import { MixflowError } from '../errors.ts'
import { matching } from './schema.ts'

/** @throws MixflowError CONTEXT_INSECURE where a page has no WebCrypto */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // WebCrypto takes no view of shared memory; a plain one is passed as it is. (`slice` of a Buffer would be a view.)
  const plain = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes)
  if (globalThis.crypto?.subtle === undefined) {
    throw new MixflowError('CONTEXT_INSECURE', 'there is no WebCrypto here to verify files with', {
      hint: 'open the page by https, or on localhost: browsers have it in secure contexts only',
    })
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', plain))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

export const sha256Field = matching(/^[0-9a-f]{64}$/, 'a sha256 of 64 lower-case hex digits')
