import { describe, expect, it } from 'vitest'
import { sharedJson, sharedTensors } from './fixtures/reference.ts'
import { inceptionScore } from './inception-score.ts'

interface ScoreCase {
  readonly name: string
  readonly logits: string
  readonly permutation?: string | null
  readonly splits: number
  readonly mean: number
  readonly std_unbiased: number | null
  readonly scores: readonly number[]
}

const json = sharedJson<{ inception_score: { cases: readonly ScoreCase[] } }>('reference/metrics/metrics.json')
const tensors = sharedTensors('reference/metrics/metrics.safetensors')
const classes = 10

describe.skipIf(json === undefined)('against the reference numbers', () => {
  if (json === undefined || tensors === undefined) return
  const stored = json.inception_score.cases.filter(({ logits }) => tensors.names.includes(logits))

  it('covers all cases but the two in closed form', () =>
    expect(json.inception_score.cases).toHaveLength(stored.length + 2))

  it.each(stored.map(c => [c.name, c] as const))('%s', (_, c) => {
    const logits = tensors.float32(c.logits)
    const order = c.permutation ? tensors.numbers(c.permutation) : undefined
    const rows = order
      ? Float32Array.from(
          logits,
          (_, k) => logits[(order[Math.floor(k / classes)] as number) * classes + (k % classes)] as number,
        )
      : logits
    const { mean, standardDeviation, scores } = inceptionScore(rows, { classes, splits: c.splits })
    expect(scores).toHaveLength(c.scores.length)
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(c.scores[i] as number, 10)
    expect(mean).toBeCloseTo(c.mean, 10)
    if (c.std_unbiased === null || scores.length === 1) expect(standardDeviation).toBeNaN()
    else expect(standardDeviation).toBeCloseTo(c.std_unbiased, 10)
  })
})

describe('inceptionScore', () => {
  it('is 1 for uniform predictions, and the number of classes for confident ones that are equally frequent', () => {
    expect(inceptionScore(new Float32Array(1000), { classes }).mean).toBeCloseTo(1, 12)
    const sure = Float32Array.from({ length: 1000 }, (_, k) => (Math.floor(k / 10) % 10 === k % 10 ? 50 : 0))
    expect(inceptionScore(sure, { classes, splits: 1 }).mean).toBeCloseTo(10, 12)
  })

  it('does not overflow, and is invariant to a constant added to the logits of an image', () => {
    const logits = Float32Array.from({ length: 500 }, (_, k) => ((k * 7) % 13) / 2)
    const raised = logits.map((value, k) => value + 256 * (Math.floor(k / 10) % 5))
    const [a, b] = [logits, raised].map(rows => inceptionScore(rows, { classes, splits: 5 }).mean)
    expect(b).toBeCloseTo(a as number, 4)
  })

  it('refuses an invalid number of logits, or too few', () => {
    expect(() => inceptionScore(new Float32Array(11), { classes })).toThrow(/not rows of 10 classes/)
    expect(() => inceptionScore(new Float32Array(20), { classes, splits: 3 })).toThrow(/for 3 splits/)
  })
})
