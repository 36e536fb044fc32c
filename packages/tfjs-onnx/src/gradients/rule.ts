/** What a gradient rule is, and the few shapes that most rules have. Rules are written in tfjs ops and hold on every backend. */

import * as tf from '@tensorflow/tfjs-core'

export type T = tf.Tensor
export type Attributes = Record<string, unknown>

export interface Rule {
  /** Inputs that the gradient needs, or 'all' of a kernel that takes a list. */
  readonly inputs?: readonly string[] | 'all'
  /** Whether it needs the kernel's results (as the last saved tensors), for each of them. */
  readonly outputs?: readonly boolean[]
  /** `dy` is one tensor, or a list for a kernel with several results. */
  readonly gradient: (dy: never, saved: T[], attributes: Attributes) => Record<string, () => T>
}

export type RuleTable = Readonly<Record<string, Rule>>

/** The sum over the dimensions along which `shape` was broadcast to the shape of `dy`. */
export function sumTo(dy: T, shape: number[]): T {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape)
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape)
}

/** By the operand, which most kernels call x. */
export const unary = (derivative: (dy: T, x: T, attributes: Attributes) => T, input = 'x'): Rule => ({
  inputs: [input],
  gradient: (dy: T, [x], attributes) => ({ [input]: () => derivative(dy, x as T, attributes) }),
})

/** A derivative that is simpler in terms of the result. */
export const byResult = (derivative: (dy: T, y: T) => T): Rule => ({
  outputs: [true],
  gradient: (dy: T, [y]) => ({ x: () => derivative(dy, y as T) }),
})

/** Linear in x with factors that are known beforehand: nothing has to be kept. */
export const linear = (transposed: (dy: T, attributes: Attributes) => T, input = 'x'): Rule => ({
  gradient: (dy: T, _, attributes) => ({ [input]: () => transposed(dy, attributes) }),
})

export const binary = (da: (dy: T, a: T, b: T) => T, db: (dy: T, a: T, b: T) => T): Rule => ({
  inputs: ['a', 'b'],
  gradient: (dy: T, saved) => {
    const [a, b] = saved as [T, T]
    return { a: () => sumTo(da(dy, a, b), a.shape), b: () => sumTo(db(dy, a, b), b.shape) }
  },
})

/** Constant wherever it is differentiable. */
export const flat: Rule = linear(dy => tf.zerosLike(dy))

/** As `flat`, for inputs of another shape than the result. */
export const flatIn = (...inputs: string[]): Rule => ({
  inputs,
  gradient: (_: T, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => zerosOf(saved[i] as T)])),
})

export const zerosOf = (x: T): T => tf.zeros(x.shape)

export const where = (condition: T, dy: T): T => tf.mul(dy, tf.cast(condition, 'float32'))

export const perInput = (saved: readonly T[], gradient: (index: number) => T): Record<string, () => T> =>
  Object.fromEntries(saved.map((_, i) => [i, () => gradient(i)]))

/** Calls a kernel that has no op of its own. */
export const run = (kernel: string, inputs: Record<string, T>, attributes: Attributes): T =>
  tf.engine().runKernel(kernel, inputs, attributes as never) as T
