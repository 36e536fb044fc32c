/**
 * Threefry4x32-20: a pure function from (128-bit key, 128-bit counter) to four random 32-bit words, made of additions,
 * rotations and exclusive-ors only. From Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), checked
 * against the known-answer vectors published with it (Random123).
 *
 * Chosen over the better known Philox4x32-10, which needs the high half of 32×32-bit products: JavaScript has none, and
 * building it from smaller products makes Philox the slower of the two by far. Twenty rounds are the designers' default,
 * with a margin over the thirteen that pass every statistical test. Not for cryptography.
 */

/** Parity constant of the key schedule (from Skein's Threefish). */
const parity = 0x1bd11bda

/** Four words each. Only the low 32 bits of every entry count. */
export interface ThreefryInput {
  readonly key: ArrayLike<number>
  readonly counter: ArrayLike<number>
}

/**
 * Fills `out` with the words of consecutive counters: words 4b to 4b+3 are those of `counter + (b, 0, 0, 0)`. Where the
 * length is no multiple of 4, the last words of the last block are dropped.
 */
export function threefry(out: Uint32Array, { key, counter }: ThreefryInput): Uint32Array {
  const key0 = key[0]! | 0
  const key1 = key[1]! | 0
  const key2 = key[2]! | 0
  const key3 = key[3]! | 0
  const key4 = parity ^ key0 ^ key1 ^ key2 ^ key3
  const first = counter[0]! | 0
  const start1 = (counter[1]! + key1) | 0
  const start2 = (counter[2]! + key2) | 0
  const start3 = (counter[3]! + key3) | 0

  for (let i = 0; i < out.length; i += 4) {
    let k0 = key0
    let k1 = key1
    let k2 = key2
    let k3 = key3
    let k4 = key4
    let a = (first + (i >>> 2) + key0) | 0
    let b = start1
    let c = start2
    let d = start3
    // Four rounds, a key injection, four rounds with other rotations, a key injection, …: twenty rounds in five groups.
    for (let group = 1; ; group += 2) {
      a = (a + b) | 0
      b = ((b << 10) | (b >>> 22)) ^ a
      c = (c + d) | 0
      d = ((d << 26) | (d >>> 6)) ^ c
      a = (a + d) | 0
      d = ((d << 11) | (d >>> 21)) ^ a
      c = (c + b) | 0
      b = ((b << 21) | (b >>> 11)) ^ c
      a = (a + b) | 0
      b = ((b << 13) | (b >>> 19)) ^ a
      c = (c + d) | 0
      d = ((d << 27) | (d >>> 5)) ^ c
      a = (a + d) | 0
      d = ((d << 23) | (d >>> 9)) ^ a
      c = (c + b) | 0
      b = ((b << 5) | (b >>> 27)) ^ c
      a = (a + k1) | 0
      b = (b + k2) | 0
      c = (c + k3) | 0
      d = (d + k4 + group) | 0
      if (group === 5) break
      a = (a + b) | 0
      b = ((b << 6) | (b >>> 26)) ^ a
      c = (c + d) | 0
      d = ((d << 20) | (d >>> 12)) ^ c
      a = (a + d) | 0
      d = ((d << 17) | (d >>> 15)) ^ a
      c = (c + b) | 0
      b = ((b << 11) | (b >>> 21)) ^ c
      a = (a + b) | 0
      b = ((b << 25) | (b >>> 7)) ^ a
      c = (c + d) | 0
      d = ((d << 10) | (d >>> 22)) ^ c
      a = (a + d) | 0
      d = ((d << 18) | (d >>> 14)) ^ a
      c = (c + b) | 0
      b = ((b << 20) | (b >>> 12)) ^ c
      a = (a + k2) | 0
      b = (b + k3) | 0
      c = (c + k4) | 0
      d = (d + k0 + group + 1) | 0
      const rotated0 = k0
      const rotated1 = k1
      k0 = k2
      k1 = k3
      k2 = k4
      k3 = rotated0
      k4 = rotated1
    }
    // Stores beyond the end of a typed array have no effect.
    out[i] = a
    out[i + 1] = b
    out[i + 2] = c
    out[i + 3] = d
  }
  return out
}
