/**
 * Gradients of the kernels that this backend has, in few passes over memory.
 *
 * tfjs-core leaves its own gradients out of the bundle that Node loads (`@tensorflow/tfjs` brings them). Where one is
 * registered already it stays; these fill what is missing, so that `@tensorflow/tfjs-core` alone is enough to train.
 * They are written in tfjs ops and hold on every backend.
 */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackendError } from './errors.ts'

type T = tf.Tensor
type Attributes = Record<string, unknown>

interface Rule {
  /** Inputs that the gradient needs, or 'all' of a kernel that takes a list. */
  readonly inputs?: readonly string[] | 'all'
  /** Whether it needs the kernel's result (as the last saved tensor). */
  readonly output?: boolean
  readonly gradient: (dy: never, saved: T[], attributes: Attributes) => Record<string, () => T>
}

/** The sum over the dimensions along which `shape` was broadcast to the shape of `dy`. */
function sumTo(dy: T, shape: number[]): T {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape)
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape)
}

const unary = (derivative: (dy: T, x: T, attributes: Attributes) => T): Rule => ({
  inputs: ['x'],
  gradient: (dy: T, [x], attributes) => ({ x: () => derivative(dy, x as T, attributes) }),
})

/** A derivative that is simpler in terms of the result. */
const byResult = (derivative: (dy: T, y: T) => T): Rule => ({
  output: true,
  gradient: (dy: T, [y]) => ({ x: () => derivative(dy, y as T) }),
})

const binary = (da: (dy: T, a: T, b: T) => T, db: (dy: T, a: T, b: T) => T): Rule => ({
  inputs: ['a', 'b'],
  gradient: (dy: T, saved) => {
    const [a, b] = saved as [T, T]
    return { a: () => sumTo(da(dy, a, b), a.shape), b: () => sumTo(db(dy, a, b), b.shape) }
  },
})

const flat: Rule = { gradient: (dy: T) => ({ x: () => tf.zerosLike(dy) }) }

const where = (condition: T, dy: T): T => tf.mul(dy, tf.cast(condition, 'float32'))

const elementwise: Record<string, Rule> = {
  Abs: unary((dy, x) => tf.mul(dy, tf.sign(x))),
  Neg: unary(dy => tf.neg(dy)),
  Square: unary((dy, x) => tf.mul(tf.mul(x, 2), dy)),
  Exp: byResult((dy, y) => tf.mul(dy, y)),
  Expm1: unary((dy, x) => tf.mul(dy, tf.exp(x))),
  Log: unary((dy, x) => tf.div(dy, x)),
  Log1p: unary((dy, x) => tf.div(dy, tf.add(x, 1))),
  Sqrt: byResult((dy, y) => tf.div(tf.mul(dy, 0.5), y)),
  Rsqrt: byResult((dy, y) => tf.mul(tf.mul(dy, -0.5), tf.mul(tf.square(y), y))),
  Reciprocal: byResult((dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  Sigmoid: byResult((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Tanh: byResult((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  Softplus: unary((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Relu: byResult((dy, y) => where(tf.greater(y, 0), dy)),
  Relu6: unary((dy, x) => where(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6)), dy)),
  Elu: byResult((dy, y) => tf.mul(dy, tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1)))),
  Selu: unary((dy, x) => {
    const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tf.backend_util
    return tf.mul(dy, tf.where(tf.greater(x, 0), tf.mul(tf.onesLike(x), scale), tf.mul(tf.exp(x), scaleAlpha)))
  }),
  LeakyRelu: unary((dy, x, { alpha }) => tf.mul(dy, tf.step(x, alpha as number))),
  Sin: unary((dy, x) => tf.mul(dy, tf.cos(x))),
  Cos: unary((dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  Tan: byResult((dy, y) => tf.mul(dy, tf.add(1, tf.square(y)))),
  Asin: unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x))))),
  Acos: unary((dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x)))))),
  Atan: unary((dy, x) => tf.div(dy, tf.add(1, tf.square(x)))),
  Sinh: unary((dy, x) => tf.mul(dy, tf.cosh(x))),
  Cosh: unary((dy, x) => tf.mul(dy, tf.sinh(x))),
  Erf: unary((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  ClipByValue: unary((dy, x, { clipValueMin, clipValueMax }) =>
    where(tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number)), dy),
  ),
  Cast: { gradient: (dy: T) => ({ x: () => tf.cast(dy, 'float32') }) },
  Identity: { gradient: (dy: T) => ({ x: () => dy }) },
  ...Object.fromEntries(['Ceil', 'Floor', 'Round', 'Sign', 'Step', 'ZerosLike', 'OnesLike'].map(name => [name, flat])),

  Add: binary(
    dy => dy,
    dy => dy,
  ),
  Sub: binary(
    dy => dy,
    dy => tf.neg(dy),
  ),
  Multiply: binary(
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: binary(
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  SquaredDifference: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  Maximum: binary(
    (dy, a, b) => where(tf.greaterEqual(a, b), dy),
    (dy, a, b) => where(tf.less(a, b), dy),
  ),
  Minimum: binary(
    (dy, a, b) => where(tf.lessEqual(a, b), dy),
    (dy, a, b) => where(tf.greater(a, b), dy),
  ),
  Pow: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    (dy, a, b) =>
      tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(tf.maximum(a, 1e-38)), tf.zerosLike(a)))),
  ),
  AddN: { inputs: 'all', gradient: (dy: T, saved) => perInput(saved, () => dy) },
  Select: {
    inputs: ['condition'],
    gradient: (dy: T, [condition]) => ({
      condition: () => tf.zerosLike(tf.cast(condition as T, 'float32')),
      t: () => where(condition as T, dy),
      e: () => where(tf.logicalNot(condition as T), dy),
    }),
  },
}

const perInput = (saved: readonly T[], gradient: (index: number) => T): Record<string, () => T> =>
  Object.fromEntries(saved.map((_, i) => [i, () => gradient(i)]))

/** `dy` of a reduction, with the reduced dimensions back (as size 1). */
function expanded(dy: T, x: T, axis: unknown): T {
  const axes = tf.util.parseAxisParam((axis ?? [...x.shape.keys()]) as number | number[], x.shape)
  return tf.reshape(
    dy,
    x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  )
}

/** The gradient flows to every element that equals the extreme value. */
const extreme = (axisName: string): Rule => ({
  inputs: ['x'],
  output: true,
  gradient: (dy: T, saved, attributes) => {
    const [x, y] = saved as [T, T]
    const axis = attributes[axisName]
    return { x: () => where(tf.equal(x, expanded(y, x, axis)), expanded(dy, x, axis)) }
  },
})

const reductions: Record<string, Rule> = {
  Sum: unary((dy, x, { axis }) => tf.broadcastTo(expanded(dy, x, axis), x.shape as never)),
  Mean: unary((dy, x, { axis }) => {
    const share = tf.div(expanded(dy, x, axis), x.size / dy.size)
    return tf.broadcastTo(share, x.shape as never)
  }),
  Max: extreme('reductionIndices'),
  Min: extreme('axis'),
  Cumsum: {
    gradient: (dy: T, _, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy, axis as number, exclusive as boolean, !reverse),
    }),
  },
  Softmax: {
    output: true,
    gradient: (dy: T, [y]) => ({
      logits: () => {
        const weighted = tf.mul(dy, y as T)
        return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y as T))
      },
    }),
  },
  LogSoftmax: {
    output: true,
    gradient: (dy: T, [y]) => ({ logits: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(y as T))) }),
  },
}

const reshapedBack: Rule = unary((dy, x) => tf.reshape(dy, x.shape))

const shapes: Record<string, Rule> = {
  Reshape: reshapedBack,
  ExpandDims: { inputs: ['input'], gradient: (dy: T, [x]) => ({ input: () => tf.reshape(dy, (x as T).shape) }) },
  Transpose: {
    gradient: (dy: T, _, { perm }) => ({
      x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
    }),
  },
  Concat: {
    inputs: 'all',
    gradient: (dy: T, saved, { axis }) => {
      const [dimension = 0] = tf.util.parseAxisParam(axis as number, dy.shape)
      const parts = tf.split(
        dy,
        saved.map(x => x.shape[dimension] as number),
        dimension,
      )
      return perInput(saved, i => parts[i] as T)
    },
  },
  Pack: {
    inputs: 'all',
    gradient: (dy: T, saved, { axis }) => {
      const parts = tf.unstack(dy, axis as number)
      return perInput(saved, i => parts[i] as T)
    },
  },
  Unpack: { gradient: (dys: T[], _, { axis }) => ({ value: () => tf.stack(dys, axis as number) }) },
  SplitV: { gradient: (dys: T[], _, { axis }) => ({ x: () => tf.concat(dys, axis as number) }) },
  Slice: unary((dy, x, { begin, size }) => {
    const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]) as [
      number[],
      number[],
    ]
    const around = starts.map((start, i) => [start, (x.shape[i] as number) - start - (sizes[i] as number)])
    return tf.pad(dy, around as [number, number][])
  }),
  PadV2: unary((dy, x, { paddings }) =>
    tf.slice(
      dy,
      (paddings as [number, number][]).map(([before]) => before),
      x.shape,
    ),
  ),
  BroadcastTo: unary((dy, x) => sumTo(dy, x.shape)),
  Tile: unary((dy, x, { reps }) => {
    const split = x.shape.flatMap((size, i) => [(reps as number[])[i] as number, size])
    return tf.sum(
      tf.reshape(dy, split),
      [...x.shape.keys()].map(i => 2 * i),
    )
  }),
  Reverse: { gradient: (dy: T, _, { dims }) => ({ x: () => tf.reverse(dy, dims as number[]) }) },
  GatherV2: {
    inputs: ['x', 'indices'],
    gradient: (dy: T, saved, { axis }) => ({
      x: () => scatterRows(dy, saved as [T, T], axis as number),
      indices: () => tf.zerosLike(tf.cast(saved[1] as T, 'float32')),
    }),
  },
}

/** Adds each gathered slice back to where it came from. */
function scatterRows(dy: T, [x, indices]: [T, T], axis: number): T {
  const [dimension = 0] = tf.util.parseAxisParam(axis, x.shape)
  const others = [...x.shape.keys()].filter(i => i !== dimension)
  const gathered = [...indices.shape.keys()].map(i => i + dimension)
  const rest = [...dy.shape.keys()].filter(i => !gathered.includes(i))
  const rows = tf.reshape(tf.transpose(dy, [...gathered, ...rest]), [
    indices.size,
    ...others.map(i => x.shape[i] as number),
  ])
  const sums = tf.unsortedSegmentSum(
    rows,
    tf.reshape(indices, [indices.size]) as tf.Tensor1D,
    x.shape[dimension] as number,
  )
  return tf.transpose(sums, tf.backend_util.getUndoAxesPermutation([dimension, ...others]))
}

const matMulRule: Rule = {
  inputs: ['a', 'b'],
  gradient: (dy: T, saved, { transposeA, transposeB }) => {
    const [a, b] = saved as [T, T]
    const da = transposeA ? tf.matMul(b, dy, transposeB as boolean, true) : tf.matMul(dy, b, false, !transposeB)
    const db = transposeB ? tf.matMul(dy, a, true, transposeA as boolean) : tf.matMul(a, dy, !transposeA, false)
    return { a: () => sumTo(da, a.shape), b: () => sumTo(db, b.shape) }
  },
}

const run = (kernel: string, inputs: Record<string, T>, attributes: Attributes): T =>
  tf.engine().runKernel(kernel, inputs, attributes as never) as T

const conv2dRule: Rule = {
  inputs: ['x', 'filter'],
  gradient: (dy: T, saved, attributes) => {
    const [x, filter] = saved as [T, T]
    refuseDilations(attributes)
    return {
      x: () => run(tf.Conv2DBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
      filter: () => run(tf.Conv2DBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
    }
  },
}

/** The other backends' gradient kernels know no dilation and would ignore it. */
function refuseDilations({ dilations }: Attributes): void {
  const all = [dilations ?? 1].flat() as number[]
  if (tf.getBackend() === 'onnx' || all.every(dilation => dilation === 1)) return
  throw new OnnxBackendError(
    'KERNEL_INVALID',
    `backend "${tf.getBackend()}" has no gradient of a convolution with dilations ${all}`,
    {
      hint: 'use the onnx backend, or dilations of 1',
    },
  )
}

const networks: Record<string, Rule> = {
  BatchMatMul: matMulRule,
  Conv2D: conv2dRule,
  AvgPool: unary((dy, input, attributes) => run(tf.AvgPoolGrad, { dy, input }, attributes)),
  ResizeNearestNeighbor: {
    inputs: ['images'],
    gradient: (dy: T, [images], attributes) => ({
      images: () => run(tf.ResizeNearestNeighborGrad, { images: images as T, dy }, attributes),
    }),
  },
}

const rules: Record<string, Rule> = { ...elementwise, ...reductions, ...shapes, ...networks }

/** Registers the gradients that nobody has registered before. */
export function registerGradients(): void {
  for (const [kernelName, { inputs, output, gradient }] of Object.entries(rules)) {
    if (tf.getGradient(kernelName) !== undefined) continue
    tf.registerGradient({
      kernelName,
      ...(inputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...(inputs ?? [])] }),
      ...(output ? { outputsToSave: [true] } : {}),
      gradFunc: (dy, saved, attributes) => gradient(dy as never, saved, attributes as Attributes),
    })
  }
}
