/**
 * A 3 × 3 convolution and its gradients as a train step records them (blocked, where the processor supports it), compared with the standard
 * operators that `trace` writes. Filters are inputs on both sides; only sums are read, so that results stay in the runtime.
 */

import { normals } from '@mixflow/core'
import { compile, openModel, trace } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { Comparison } from '../compare.ts'
import { onBackend } from '../tfjs-backends.ts'

interface Size {
  readonly batch: number
  readonly edge: number
  readonly channels: number
}

const sizes: readonly Size[] = [
  { batch: 16, edge: 32, channels: 64 },
  { batch: 16, edge: 16, channels: 256 },
]

/** In the layout of the runtime's convolutions: images NCHW, filters OIHW. */
const asTfjs = { x: [0, 2, 3, 1], dy: [0, 2, 3, 1], filter: [2, 3, 1, 0] } as const

type Inputs = Readonly<Record<'x' | 'dy' | 'filter', tf.Tensor4D>>

const gradients = (inputs: Inputs): [tf.Tensor, tf.Tensor] => {
  const f = (...given: tf.Tensor[]) => tf.conv2d(given[0] as tf.Tensor4D, given[1] as tf.Tensor4D, 1, 'same')
  return tf.grads(f)([inputs.x, inputs.filter], inputs.dy) as [tf.Tensor, tf.Tensor]
}

const pieces = {
  forward: ({ x, filter }: Inputs) => tf.conv2d(x, filter, 1, 'same'),
  'input-gradient': (inputs: Inputs) => gradients(inputs)[0],
  'filter-gradient': (inputs: Inputs) => gradients(inputs)[1],
} as const

function compared(name: keyof typeof pieces, { batch, edge, channels }: Size): Comparison {
  const shapes = {
    x: [batch, channels, edge, edge],
    dy: [batch, channels, edge, edge],
    filter: [channels, channels, 3, 3],
  }
  const arrays = Object.entries(shapes).map(([key, shape], seed) => {
    const elementsPerImage = shape.reduce((product, size) => product * size, 1)
    return [key, shape, normals({ seed, stream: 'noise', images: 1, elementsPerImage })] as const
  })
  // depends on every number
  const f = (inputs: Inputs) => {
    const ordered = Object.entries(inputs).map(([key, x]) => [key, tf.transpose(x, [...asTfjs[key as keyof Inputs]])])
    return tf.mean(tf.square(pieces[name](Object.fromEntries(ordered) as Inputs)))
  }
  return {
    workload: `convolution-${name}-${channels}`,
    peer: 'standard',
    unit: 'images',
    tolerance: 1e-2 * edge,
    ours: async () => {
      await onBackend('onnx')
      const compiled = compile((inputs: Inputs) => ({ mean: f(inputs) as tf.Tensor }))
      const inputs = Object.fromEntries(
        arrays.map(([key, shape, data]) => [key, tf.tensor(data, [...shape])]),
      ) as unknown as Inputs
      return async () => {
        const { mean } = compiled(inputs)
        const result = await mean.data()
        mean.dispose()
        return { amount: batch, result: () => result as Float32Array }
      }
    },
    theirs: async () => {
      await onBackend('onnx')
      const model = trace(
        (...given) => f(Object.fromEntries(arrays.map(([key], i) => [key, given[i]])) as Inputs),
        shapes,
      )
      const { run } = await openModel(model)
      const feeds = arrays.map(([key, dims, data]) => [key, { type: 'float32', dims, data }] as const)
      return async () => {
        const { output } = await run(Object.fromEntries(feeds))
        return { amount: batch, result: () => output?.data as Float32Array }
      }
    },
  }
}

export const convolution = (): readonly Comparison[] =>
  sizes.flatMap(size => (Object.keys(pieces) as (keyof typeof pieces)[]).map(name => compared(name, size)))
