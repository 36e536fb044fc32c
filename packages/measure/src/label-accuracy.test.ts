import { describe, expect, it } from 'vitest'
import { countCorrect } from './inception-score.ts'

describe('countCorrect', () => {
  const logits = Float32Array.of(...[3, 1, 2], ...[-5, -4, -9], ...[0, 0, 1], ...[7, 8, 9])

  it('counts the rows whose largest logit is that of the label', () => {
    expect(countCorrect(logits, Int32Array.of(0, 1, 2, 2))).toBe(4)
    expect(countCorrect(logits, Int32Array.of(0, 0, 2, 1))).toBe(2)
  })

  it('refuses an invalid number of logits', () => {
    expect(() => countCorrect(logits, Int32Array.of(0, 1, 2, 2, 1))).toThrow(/12 logits are not rows of 5 images/)
  })
})
