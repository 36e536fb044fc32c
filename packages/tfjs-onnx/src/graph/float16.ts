/** Converts float32 to the bits of float16 (IEEE 754 binary16): nearest, ties to even, overflow to infinity. */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

export function toFloat16(source: Float32Array): Uint16Array {
  return Uint16Array.from(source, halfBits)
}

function halfBits(value: number): number {
  float[0] = value
  const word = bits[0] as number
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00)
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // subnormal: float32 addition rounds to units of the smallest subnormal
  if (magnitude < 0x38800000) {
    float[0] = Math.abs(value) + 0.5
    return sign | ((bits[0] as number) - 0x3f000000)
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000
  return sign | (rounded >>> 13)
}
