import { describe, expect, it } from 'vitest'
import { threefry } from './threefry.ts'

const hex = (words: Uint32Array) => Array.from(words, word => word.toString(16).padStart(8, '0')).join(' ')

describe('threefry', () => {
  // The three threefry4x32 vectors of 20 rounds in Random123's tests/kat_vectors.
  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0, 0, 0], '9c6ca96a e17eae66 fc10ecd4 5256a7d8'],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      '2a881696 57012287 f6c7446e a16a6732',
    ],
    [
      'digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89],
      '59cd1dbb b8879579 86b5d00c ac8b6d84',
    ],
  ])('gives the published answer for %s', (_, counter, key, expected) => {
    expect(hex(threefry(new Uint32Array(4), { key, counter }))).toBe(expected)
  })

  it('counts blocks up from the counter, wrapping its first word only', () => {
    const key = [1, 2, 3, 4]
    const all = threefry(new Uint32Array(12), { key, counter: [0xffffffff, 7, 8, 9] })
    const blocks = [0xffffffff, 0, 1].map(first => threefry(new Uint32Array(4), { key, counter: [first, 7, 8, 9] }))
    expect(hex(all)).toBe(blocks.map(hex).join(' '))
  })

  it('drops the end of the last block where the length is no multiple of 4', () => {
    const input = { key: [5, 6, 7, 8], counter: [0, 0, 0, 0] }
    const whole = threefry(new Uint32Array(8), input)
    for (const length of [0, 1, 3, 5, 7])
      expect(threefry(new Uint32Array(length), input)).toEqual(whole.slice(0, length))
  })
})
