import { describe, expect, it } from 'vitest'
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './float16.ts'

const allBits = Uint16Array.from({ length: 65_536 }, (_, i) => i)
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!
const fromBits = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!

const formats = [
  { name: 'float16', exponent: 5, fraction: 10, decode: decodeFloat16, encode: encodeFloat16 },
  { name: 'bfloat16', exponent: 8, fraction: 7, decode: decodeBfloat16, encode: encodeBfloat16 },
]

describe.each(formats)('$name', ({ exponent, fraction, decode, encode }) => {
  const bias = 2 ** (exponent - 1) - 1
  const infinity = (2 ** exponent - 1) << fraction
  const quiet = 1 << (fraction - 1)

  /** The definition, in float64 arithmetic. */
  function meaning(bits: number): number {
    const sign = bits >> 15 === 1 ? -1 : 1
    const e = (bits >> fraction) & (2 ** exponent - 1)
    const f = bits & (2 ** fraction - 1)
    if (e === 2 ** exponent - 1) return f === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    return sign * (e === 0 ? f * 2 ** (1 - bias - fraction) : (1 + f / 2 ** fraction) * 2 ** (e - bias))
  }

  it('decodes all 65,536 values as defined', () => {
    const decoded = decode(allBits)
    const wrong = [...allBits].filter(bits => !Object.is(decoded[bits], meaning(bits)))
    expect(wrong).toEqual([])
  })

  it('encodes each of them back to its bits; a NaN becomes a quiet one', () => {
    const encoded = encode(decode(allBits))
    const expected = allBits.map(bits => ((bits & 0x7fff) > infinity ? bits | quiet : bits))
    expect(Buffer.from(encoded.buffer).equals(Buffer.from(expected.buffer))).toBe(true)
  })

  it('rounds to nearest, ties to even, between every two neighbours of either sign', () => {
    const wrong: number[] = []
    for (let bits = 0; bits < infinity; bits++) {
      const [low, high] = [meaning(bits), bits + 1 === infinity ? 2 ** (bias + 1) : meaning(bits + 1)]
      const middle = bitsOf((low + high) / 2)
      const even = bits % 2 === 0 ? bits : bits + 1
      const [below, tie, above] = encode(Float32Array.of(fromBits(middle - 1), fromBits(middle), fromBits(middle + 1)))
      const negative = encode(Float32Array.of(-fromBits(middle)))[0]!
      if (below !== bits || tie !== even || above !== bits + 1 || negative !== (even | 0x8000)) wrong.push(bits)
    }
    expect(wrong).toEqual([])
  })

  it('keeps zeros, infinities and NaN apart', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number
    const [zero, minus, plus, negative, notNumber] = decode(encode(Float32Array.of(0, -0, inf, -inf, nan)))
    expect([zero, minus, plus, negative, notNumber]).toEqual([0, -0, inf, -inf, nan])
  })
})

it('float16 overflows at 65520 and flushes at 2^-25', () => {
  expect([...encodeFloat16(Float32Array.of(65_504, 65_519, 65_520, 2 ** -24, 2 ** -25))]).toEqual([
    0x7bff, 0x7bff, 0x7c00, 1, 0,
  ])
})
