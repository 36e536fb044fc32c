/**
 * Names of zip entries as text. The format has two encodings: UTF-8 where bit 11 of the flags is set, else CP437. Programs
 * keep to neither: macOS writes UTF-8 without the flag, Windows the code page of its country. Bytes that are valid UTF-8 are
 * therefore read as UTF-8, since text in another encoding is hardly ever valid by chance; for the others see `legacyNames`.
 *
 * Source: PKWARE's APPNOTE, 4.4.4 and appendix D; Info-ZIP's extra field 0x7075 (4.6.9).
 */
import { crc32 } from '@mixflow/core/internal'

/**
 * Decodes the name of an entry; null if its encoding is unknown.
 *
 * @param unicodePath the data of the entry's extra field 0x7075, if it has one
 */
export function zipName(bytes: Uint8Array, unicodePath: Uint8Array | null): string | null {
  return (unicodePath && unicodeName(bytes, unicodePath)) ?? utf8Text(bytes)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8Text(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** The field holds a version, the CRC of the name that it was made for, and the name in UTF-8. */
function unicodeName(name: Uint8Array, field: Uint8Array): string | null {
  if (field.length < 5 || field[0] !== 1) return null
  const sum = new DataView(field.buffer, field.byteOffset, field.byteLength).getUint32(1, true)
  return sum === crc32(name) ? utf8Text(field.subarray(5)) : null
}
