/**
 * float32 to and from the two 16-bit floats, on bits alone: IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) and
 * bfloat16 (the upper half of a float32). Widening is exact. Narrowing rounds to nearest, ties to even; what is too
 * large becomes infinity, and subnormals are kept. A NaN stays a (quiet) NaN with its sign and upper payload bits.
 *
 * Bits travel as `Uint16Array`; `Float16Array` is not there yet in the engines this package supports.
 */

/** binary16 bits to float32 values; `bits[i]` to `result[i]`. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  return widen(bits, half => {
    const sign = (half & 0x8000) << 16
    const exponent = (half >> 10) & 0x1f
    const fraction = half & 0x3ff
    if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
    if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
    if (fraction === 0) return sign
    const shift = Math.clz32(fraction) - 21 // brings the top bit to the position of the implicit one
    return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
  })
}

/** float32 values to the nearest binary16 bits, ties to even. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  return narrow(values, single => {
    const sign = (single >>> 16) & 0x8000
    const magnitude = single & 0x7fffffff
    if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >> 13) & 0x3ff)
    if (magnitude >= 0x477ff000) return sign | 0x7c00 // 65520, halfway between the largest half and the next
    if (magnitude >= 0x38800000) return sign | (dropBits(magnitude, 13) - (112 << 10))
    if (magnitude <= 0x33000000) return sign // 2^-25, halfway to the smallest subnormal, is a tie to even: zero
    const fraction = (magnitude & 0x7fffff) | 0x800000
    return sign | dropBits(fraction, 126 - (magnitude >> 23))
  })
}

/** bfloat16 bits to float32 values. */
export function decodeBfloat16(bits: Uint16Array): Float32Array {
  return widen(bits, upper => upper << 16)
}

/** float32 values to the nearest bfloat16 bits, ties to even. */
export function encodeBfloat16(values: Float32Array): Uint16Array {
  return narrow(values, single => {
    const sign = (single >>> 16) & 0x8000
    const magnitude = single & 0x7fffffff
    if (magnitude > 0x7f800000) return sign | (magnitude >> 16) | 0x40
    return sign | dropBits(magnitude, 16)
  })
}

/** Drops the low `count` bits, rounding to nearest, ties to even. */
function dropBits(bits: number, count: number): number {
  const odd = (bits >> count) & 1
  return (bits + (1 << (count - 1)) - 1 + odd) >> count
}

function widen(bits: Uint16Array, one: (bits: number) => number): Float32Array {
  const result = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) result[i] = one(bits[i]!)
  return new Float32Array(result.buffer)
}

function narrow(values: Float32Array, one: (bits: number) => number): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const result = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) result[i] = one(bits[i]!)
  return result
}
