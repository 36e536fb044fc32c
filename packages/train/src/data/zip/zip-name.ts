/**
 * Names of zip entries as text. The format knows two encodings: UTF-8 where bit 11 of the flags is set, else CP437. Programs
 * keep to neither: macOS writes UTF-8 without the flag, Windows the code page of its country. Bytes that are valid UTF-8 are
 * therefore read as UTF-8, since text in another encoding is hardly ever valid by chance. What remains is read as CP437.
 *
 * Source: PKWARE's APPNOTE, 4.4.4 and appendix D; Info-ZIP's extra field 0x7075 (4.6.9).
 */
import { crc32 } from '@mixflow/files'

export interface ZipName {
  readonly text: string
  /** False where the encoding is unknown and CP437 was taken. ASCII is always certain. */
  readonly certain: boolean
}

/** Decodes the name of an entry. @param extra the entry's extra fields, which may hold the name in UTF-8 */
export function zipName(bytes: Uint8Array, extra: Uint8Array): ZipName {
  const unicode = unicodePath(bytes, extra)
  const text = unicode ?? utf8Text(bytes)
  return text === null ? { text: cp437Text(bytes), certain: false } : { text, certain: true }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8Text(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** The Unicode path field counts only while its checksum is that of the name beside it. */
function unicodePath(name: Uint8Array, extra: Uint8Array): string | null {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const length = view.getUint16(at + 2, true)
    if (view.getUint16(at, true) !== 0x7075 || length < 5 || at + 4 + length > extra.length) continue
    if (extra[at + 4] !== 1 || view.getUint32(at + 5, true) !== crc32(name)) continue
    return utf8Text(extra.subarray(at + 9, at + 4 + length))
  }
  return null
}

const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const cp437Text = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => (byte < 128 ? String.fromCharCode(byte) : upperHalf[byte - 128]!)).join('')
