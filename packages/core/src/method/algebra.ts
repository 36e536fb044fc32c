/**
 * Algebra<T>: the handful of elementwise operations that sources, paths and losses are written in, so that each formula
 * stands once and runs on arrays, on tensors that record gradients, and against reference numbers.
 *
 * A T holds a batch of images, or one number per image (t, w: `[N]`), or a single number. Where the two operands of
 * `add`, `sub` and `mul` differ, the one with a number per image is spread over its image. That is all the broadcasting
 * there is. No operation changes its operands. Solvers need much less: see LinearSpace.
 */

import { MixflowError } from '../errors.ts'
import { concatenate } from '../util/values.ts'

export interface Algebra<T> {
  add(a: T, b: T): T
  sub(a: T, b: T): T
  mul(a: T, b: T): T
  /** x · factor */
  scale(x: T, factor: number): T
  /** x + amount */
  offset(x: T, amount: number): T
  square(x: T): T
  sqrt(x: T): T
  exp(x: T): T
  tanh(x: T): T
  /** Mean over everything: a single number. */
  mean(x: T): T
  /** Sum over each image's elements: a number per image, `[N]`. */
  sumPerImage(x: T): T
  /** Splits each image's channels into a first and a second half. */
  halves(x: T): { readonly first: T; readonly second: T }
  /** Joins two batches along the channels, image by image: the inverse of `halves`. */
  join(first: T, second: T): T
  /** x itself, but no gradient flows back through it. */
  stopGradient(x: T): T
}

/**
 * The algebra over Float32Array, channels first: an image is `elementsPerImage` consecutive numbers. Sums are kept in
 * double precision and rounded once; a single number is an array of length 1.
 *
 * @throws MixflowError ARGUMENT_INVALID from an operation whose operands' sizes do not fit each other.
 */
export function float32Algebra({ elementsPerImage }: { readonly elementsPerImage: number }): Algebra<Float32Array> {
  if (!Number.isInteger(elementsPerImage) || elementsPerImage < 1) {
    throw new MixflowError('ARGUMENT_INVALID', `elementsPerImage must be a positive integer, got ${elementsPerImage}`)
  }

  const binary = (operation: (a: number, b: number) => number) => (a: Float32Array, b: Float32Array) => {
    if (a.length === b.length) return a.map((value, i) => operation(value, b[i]!))
    if (a.length === b.length * elementsPerImage) {
      return a.map((value, i) => operation(value, b[Math.floor(i / elementsPerImage)]!))
    }
    if (b.length === a.length * elementsPerImage) {
      return b.map((value, i) => operation(a[Math.floor(i / elementsPerImage)]!, value))
    }
    throw mismatch(`operands of ${a.length} and ${b.length} numbers do not fit`, elementsPerImage)
  }

  const rows = (x: Float32Array, width: number) => {
    if (x.length % width !== 0) throw mismatch(`${x.length} numbers are no whole number of images`, width)
    return Array.from({ length: x.length / width }, (_, i) => x.subarray(i * width, (i + 1) * width))
  }

  return {
    add: binary((a, b) => a + b),
    sub: binary((a, b) => a - b),
    mul: binary((a, b) => a * b),
    scale: (x, factor) => x.map(value => value * factor),
    offset: (x, amount) => x.map(value => value + amount),
    square: x => x.map(value => value * value),
    sqrt: x => x.map(Math.sqrt),
    exp: x => x.map(Math.exp),
    tanh: x => x.map(Math.tanh),
    mean: x => Float32Array.of(sum(x) / x.length),
    sumPerImage: x => Float32Array.from(rows(x, elementsPerImage), sum),
    halves: x => {
      const images = rows(x, 2 * elementsPerImage)
      return {
        first: concatenate(images.map(image => image.subarray(0, elementsPerImage))),
        second: concatenate(images.map(image => image.subarray(elementsPerImage))),
      }
    },
    join: (first, second) => {
      if (first.length !== second.length) {
        throw mismatch(`${first.length} and ${second.length} numbers cannot be joined`, elementsPerImage)
      }
      const seconds = rows(second, elementsPerImage)
      return concatenate(rows(first, elementsPerImage).flatMap((image, i) => [image, seconds[i]!]))
    },
    stopGradient: x => x,
  }
}

function sum(values: Float32Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}

function mismatch(what: string, elementsPerImage: number): MixflowError {
  return new MixflowError('ARGUMENT_INVALID', `${what} (an image has ${elementsPerImage})`, {
    hint: 'operands are a batch of images, or one number per image',
    details: { elementsPerImage },
  })
}
