import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MixflowError } from '../errors.ts'
import { float32Algebra } from './algebra.ts'

const algebra = float32Algebra({ elementsPerImage: 3 })
const of = (...values: number[]) => Float32Array.from(values)

/** Two batches of the same 1 to 5 images of 3 elements, and a number per image. */
const batch = fc.integer({ min: 1, max: 5 }).chain(images => {
  const numbers = (length: number) =>
    fc.float32Array({ minLength: length, maxLength: length, noNaN: true, min: -9, max: 9 })
  return fc.record({ a: numbers(3 * images), b: numbers(3 * images), perImage: numbers(images) })
})

describe('float32Algebra', () => {
  it('spreads a number per image over its image, on either side', () => {
    const x = of(1, 2, 3, 4, 5, 6)
    expect(algebra.mul(x, of(10, 100))).toEqual(of(10, 20, 30, 400, 500, 600))
    expect(algebra.sub(of(10, 100), x)).toEqual(of(9, 8, 7, 96, 95, 94))
    expect(algebra.add(of(1, 2), of(3, 4))).toEqual(of(4, 6))
  })

  it('is the arithmetic of float32: each result rounded once', () => {
    fc.assert(
      fc.property(batch, ({ a, b, perImage }) => {
        expect(algebra.add(a, b)).toEqual(a.map((x, i) => Math.fround(x + b[i]!)))
        expect(algebra.mul(a, perImage)).toEqual(a.map((x, i) => Math.fround(x * perImage[Math.floor(i / 3)]!)))
        expect(algebra.square(a)).toEqual(algebra.mul(a, a))
        expect(algebra.sub(a, a)).toEqual(algebra.scale(a, 0).map(Math.abs))
      }),
      { seed: 1 },
    )
  })

  it('sums per image, and averages over everything', () => {
    expect(algebra.sumPerImage(of(1, 2, 3, 4, 5, 6))).toEqual(of(6, 15))
    expect(algebra.mean(of(1, 2, 3, 4, 5, 6))).toEqual(of(3.5))
    expect(algebra.mean(algebra.sumPerImage(of(1, 2, 3, 4, 5, 6)))).toEqual(of(10.5))
  })

  it('joins along the channels, and halves takes that back', () => {
    expect(algebra.join(of(1, 2, 3, 4, 5, 6), of(7, 8, 9, 10, 11, 12))).toEqual(
      of(1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12),
    )
    fc.assert(
      fc.property(batch, ({ a, b }) => {
        expect(algebra.halves(algebra.join(a, b))).toEqual({ first: a, second: b })
      }),
      { seed: 1 },
    )
  })

  it('leaves its operands as they are', () => {
    const a = of(1, 4, 9)
    const b = of(2, 2, 2)
    for (const run of [algebra.add, algebra.sub, algebra.mul, algebra.join]) run(a, b)
    for (const run of [algebra.square, algebra.sqrt, algebra.exp, algebra.tanh, algebra.mean, algebra.sumPerImage])
      run(a)
    expect([...a, ...b]).toEqual([1, 4, 9, 2, 2, 2])
  })

  it('refuses operands that do not fit', () => {
    const fails = (run: () => unknown) => expect(run).toThrow(MixflowError)
    fails(() => algebra.add(of(1, 2, 3), of(1, 2)))
    fails(() => algebra.join(of(1, 2, 3), of(1, 2, 3, 4, 5, 6)))
    fails(() => algebra.halves(of(1, 2, 3)))
    fails(() => algebra.sumPerImage(of(1, 2)))
    fails(() => float32Algebra({ elementsPerImage: 0 }))
  })
})
