import { integers } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { resized } from './resize.ts'

const size = { channels: 3, height: 4, width: 5 }
const bytes = Uint8Array.from(integers({ seed: 1, stream: 'probe', images: 2, elementsPerImage: 60, below: 256 }))

describe('resized', () => {
  it('leaves images of the right size alone, and repeats grey ones', () => {
    expect([...resized(bytes, size, { ...size, resize: 'none' })]).toEqual([...bytes])
    const grey = bytes.subarray(0, 40)
    const out = resized(grey, { channels: 1, height: 4, width: 5 }, { ...size, resize: 'none' })
    for (let image = 0; image < 2; image++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = (image * 3 + channel) * 20
        expect([...out.subarray(at, at + 20)]).toEqual([...grey.subarray(image * 20, image * 20 + 20)])
      }
    }
  })

  it('pads with black equally on opposite sides', () => {
    const out = resized(
      bytes.subarray(0, 4),
      { channels: 1, height: 2, width: 2 },
      { channels: 1, height: 4, width: 6, resize: 'pad' },
    )
    const [a, b, c, d] = bytes
    expect([...out]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, a, b, 0, 0, 0, 0, c, d, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('interpolates as TensorFlow 1: pixel i at i · from / to, the last one repeated', () => {
    const row = resized(
      Uint8Array.of(0, 30, 90),
      { channels: 1, height: 1, width: 3 },
      { channels: 1, height: 1, width: 6, resize: 'tensorflow-bilinear' },
    )
    expect([...row]).toEqual([0, 15, 30, 60, 90, 90])
    const down = resized(
      Uint8Array.of(0, 30, 90, 100),
      { channels: 1, height: 4, width: 1 },
      { channels: 1, height: 3, width: 1, resize: 'tensorflow-bilinear' },
    )
    // at 0, 1⅓ and 2⅔
    expect([...down].map(value => Math.round(1000 * value) / 1000)).toEqual([0, 50, 96.667])
  })

  it('preserves constant and linear images', () => {
    const ramp = Uint8Array.from({ length: 64 }, (_, i) => 3 * (i % 8) + 10 * Math.floor(i / 8))
    const out = resized(
      ramp,
      { channels: 1, height: 8, width: 8 },
      { channels: 1, height: 32, width: 32, resize: 'tensorflow-bilinear' },
    )
    for (let y = 0; y < 28; y++)
      for (let x = 0; x < 28; x++) expect(out[y * 32 + x]).toBeCloseTo((3 * x) / 4 + (10 * y) / 4, 4)
    const flat = resized(new Uint8Array(60).fill(77), size, {
      channels: 3,
      height: 299,
      width: 299,
      resize: 'tensorflow-bilinear',
    })
    expect(flat.every(value => value === 77)).toBe(true)
  })
})
