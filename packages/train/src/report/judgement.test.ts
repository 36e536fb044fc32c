import { normals } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { judge, verdictOf } from './judgement.ts'

const shape = { channels: 1, height: 8, width: 8 }
const images = 64
const noise = normals({ seed: 1, stream: 'noise', images, elementsPerImage: 64 })
/** Each image has one grey value. */
const data = Float32Array.from({ length: images * 64 }, (_, i) => Math.sin(Math.floor(i / 64)))
const noisy = (share: number) => data.map((x, i) => x + share * (noise[i] as number))

describe('judge', () => {
  it('puts the data at 0 and noise at 1', () => {
    expect(judge(0.1, { shape, data, samples: data }).grain).toBe(0)
    expect(judge(0.1, { shape, data, samples: noise }).grain).toBeCloseTo(1, 1)
    expect(judge(0.1, { shape, data, samples: noisy(0.5) }).grain).toBeCloseTo(0.25, 1)
    expect(judge(0.1, { shape, data: noise, samples: data }).grain).toBeNull()
  })

  it('compares with the loss of the best scaling of xt', () => {
    const s2 = data.reduce((sum, x) => sum + x * x, 0) / data.length
    const steps = 10_000
    let integral = 0
    for (let i = 0; i < steps; i++) {
      const t = (i + 0.5) / steps
      integral += s2 / ((1 - t) ** 2 + t * t * s2) / steps
    }
    expect(judge(0.1, { shape, data, samples: data }).trivialLoss).toBeCloseTo(integral, 6)
  })

  it.each([
    [0.2, 0, 'learned'],
    [0.2, -0.1, 'learned'],
    [0.2, null, 'learned'],
    [0.5, 0.2, 'grainy'],
    [0.5, 0.7, 'noise'],
    [0.9, 0, 'noise'],
    [Number.NaN, 0, 'noise'],
  ] as const)('a loss of %d of 1 and a grain of %d: %s', (loss, grain, verdict) => {
    expect(verdictOf({ loss, trivialLoss: 1, grain })).toBe(verdict)
  })
})
