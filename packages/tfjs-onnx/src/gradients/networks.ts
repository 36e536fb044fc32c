/** Gradients of what networks are built of: products, convolutions, pools, resizing, normalisation. */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackendError } from '../errors.ts'
import { type Attributes, type Rule, type RuleTable, run, sumTo, type T, unary } from './rule.ts'

const matMul: Rule = {
  inputs: ['a', 'b'],
  gradient: (dy: T, saved, { transposeA, transposeB }) => {
    const [a, b] = saved as [T, T]
    const da = () => (transposeA ? tf.matMul(b, dy, transposeB as boolean, true) : tf.matMul(dy, b, false, !transposeB))
    const db = () => (transposeB ? tf.matMul(dy, a, true, transposeA as boolean) : tf.matMul(a, dy, !transposeA, false))
    return { a: () => sumTo(da(), a.shape), b: () => sumTo(db(), b.shape) }
  },
}

/** Each operand's gradient is the sum of products of `dy` with the other; dimensions that only it has are repeated. */
const einsum: Rule = {
  inputs: 'all',
  gradient: (dy: T, saved, { equation }) => {
    const [left, result = ''] = (equation as string).replace(/\s/g, '').split('->') as [string, string]
    const terms = left.split(',')
    return Object.fromEntries(
      saved.map((x, i) => {
        const [own = '', other] = [terms[i], terms[1 - i]]
        const known = [...own].filter(label => result.includes(label) || other?.includes(label)).join('')
        const others = saved.length > 1 ? [saved[1 - i] as T] : []
        const gradient = () => {
          const inputs = [result, ...(other === undefined ? [] : [other])]
          const part = tf.einsum(`${inputs}->${known}`, dy, ...others)
          const shape = [...own].map((label, k) => (known.includes(label) ? (x.shape[k] as number) : 1))
          return tf.broadcastTo(tf.reshape(part, shape), x.shape as never)
        }
        return [i, gradient]
      }),
    )
  },
}

/** The other backends' gradient kernels know no dilation: some would ignore it. */
function refuseDilations({ dilations }: Attributes): void {
  const all = [dilations ?? 1].flat() as number[]
  if (tf.getBackend() === 'onnx' || all.every(dilation => dilation === 1)) return
  throw new OnnxBackendError(
    'KERNEL_INVALID',
    `backend "${tf.getBackend()}" has no gradient of a convolution with dilations ${all}`,
    { hint: 'use the onnx backend, or dilations of 1' },
  )
}

/** A convolution by its kernels for the gradient of the input and of the filter. */
const convolution = (ofInput: string, ofFilter: string): Rule => ({
  inputs: ['x', 'filter'],
  gradient: (dy: T, saved, attributes) => {
    const [x, filter] = saved as [T, T]
    refuseDilations(attributes)
    return {
      x: () => run(ofInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
      filter: () => run(ofFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
    }
  },
})

/** Input gradients are convolutions of `dy`, so their own gradients are those of a convolution with the parts exchanged. */
const convolutionOfInput: Rule = {
  inputs: ['dy', 'filter'],
  gradient: (ddx: T, saved, attributes) => {
    const [dy, filter] = saved as [T, T]
    return {
      dy: () => run(tf.Conv2D, { x: ddx, filter }, { dilations: 1, ...attributes }),
      filter: () => run(tf.Conv2DBackpropFilter, { x: ddx, dy }, { ...attributes, filterShape: filter.shape }),
    }
  },
}

const convolutionOfFilter: Rule = {
  inputs: ['x', 'dy'],
  gradient: (filter: T, saved, attributes) => {
    const [x, dy] = saved as [T, T]
    return {
      x: () => run(tf.Conv2DBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
      dy: () => run(tf.Conv2D, { x, filter }, { dilations: 1, ...attributes }),
    }
  },
}

const averagePool = (ofInput: string): Rule => unary((dy, input, attributes) => run(ofInput, { dy, input }, attributes))

const maxPool = (ofInput: string): Rule => ({
  inputs: ['x'],
  outputs: [true],
  gradient: (dy: T, saved, attributes) => {
    const [input, output] = saved as [T, T]
    return { x: () => run(ofInput, { dy, input, output }, attributes) }
  },
})

const resize = (ofImages: string): Rule =>
  unary((dy, images, attributes) => run(ofImages, { images, dy }, attributes), 'images')

const batchNorm: Rule = {
  inputs: ['x', 'mean', 'variance', 'scale'],
  gradient: (dy: T, saved, { varianceEpsilon }) => {
    const [x, mean, variance, scale] = saved as [T, T, T, T]
    const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon as number))
    const dx = tf.mul(dy, tf.mul(inverse, scale))
    const centred = tf.sub(x, mean)
    const half = tf.mul(tf.square(inverse), -0.5)
    return {
      x: () => dx,
      mean: () => tf.neg(sumTo(dx, mean.shape)),
      variance: () => tf.mul(sumTo(tf.mul(dx, centred), variance.shape), half),
      scale: () => sumTo(tf.mul(dy, tf.mul(centred, inverse)), scale.shape),
      offset: () => sumTo(dy, scale.shape),
    }
  },
}

const localResponse: Rule = {
  inputs: ['x'],
  outputs: [true],
  gradient: (dy: T, saved, attributes) => {
    const [x, y] = saved as [T, T]
    return { x: () => run(tf.LRNGrad, { x, y, dy }, attributes) }
  },
}

const dilation: Rule = {
  inputs: ['x', 'filter'],
  gradient: (dy: T, saved, attributes) => {
    const [x, filter] = saved as [T, T]
    return {
      x: () => run(tf.Dilation2DBackpropInput, { x, filter, dy }, attributes),
      filter: () => run(tf.Dilation2DBackpropFilter, { x, filter, dy }, attributes),
    }
  },
}

export const networkRules: RuleTable = {
  BatchMatMul: matMul,
  Einsum: einsum,
  Conv2D: convolution(tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter),
  Conv2DBackpropInput: convolutionOfInput,
  Conv2DBackpropFilter: convolutionOfFilter,
  DepthwiseConv2dNative: convolution(tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter),
  Conv3D: convolution(tf.Conv3DBackpropInputV2, tf.Conv3DBackpropFilterV2),
  Dilation2D: dilation,
  AvgPool: averagePool(tf.AvgPoolGrad),
  AvgPool3D: averagePool(tf.AvgPool3DGrad),
  MaxPool: maxPool(tf.MaxPoolGrad),
  MaxPool3D: maxPool(tf.MaxPool3DGrad),
  ResizeNearestNeighbor: resize(tf.ResizeNearestNeighborGrad),
  ResizeBilinear: resize(tf.ResizeBilinearGrad),
  FusedBatchNorm: batchNorm,
  LRN: localResponse,
}
