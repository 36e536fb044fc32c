/** The checksum of ZIP and PNG: CRC-32 as in IEEE 802.3, polynomial 0xEDB88320. Node has it only from 20.15 and 22.2 on. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/**
 * Returns the checksum of bytes, as an unsigned 32-bit integer.
 *
 * @param before checksum of the bytes before these, to continue from; default: 0
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before
  for (let i = 0; i < bytes.length; i++) value = (table[(value ^ (bytes[i] as number)) & 255] as number) ^ (value >>> 8)
  return ~value >>> 0
}
