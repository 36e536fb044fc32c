/**
 * The tfjs backends by name. In Node `wasm` runs on one thread: tfjs turns its threads off there. It has every kernel of a
 * train step but one, the filter gradient of a convolution; it is given that one here, as a convolution of its own, so that
 * whole steps can be compared.
 */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'

// as a program in use would have it: no checks for development, no advice in the output
tf.enableProdMode()

const load = {
  onnx: () => useOnnxBackend(),
  wasm: async () => {
    await import('@tensorflow/tfjs-backend-wasm')
    completeWasm()
  },
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
} satisfies Record<string, () => Promise<unknown>>

export type BackendName = keyof typeof load

const loaded = new Set<BackendName>()

/** Makes the backend tfjs's current one. */
export async function onBackend(name: BackendName): Promise<void> {
  if (!loaded.has(name)) await load[name]()
  loaded.add(name)
  if (!(await tf.setBackend(name))) throw new Error(`the tfjs backend ${name} cannot be started`)
}

const kernelName = tf.Conv2DBackpropFilter

function completeWasm(): void {
  if (tf.getKernel(kernelName, 'wasm') !== undefined) return
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as unknown as { x: tf.TensorInfo; dy: tf.TensorInfo }
      const { filterShape } = attrs as unknown as { filterShape: [number, number, number, number] }
      return tf.tidy(() => filterGradient(tensorOf(x), tensorOf(dy), [filterShape[0], filterShape[1]]))
    },
  })
}

/** Another tensor over the same data, which holds it as long as it lives. */
function tensorOf({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor4D {
  tf.backend().incRef(dataId)
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype) as tf.Tensor4D
}

/** Stride 1, padding that keeps the size: x convolved with dy, images and channels having changed places. */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor {
  const around = (size: number): [number, number] => [(size - 1) >> 1, size >> 1]
  const padded = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], around(height), around(width), [0, 0]])
  const filter = tf.transpose(dy, [1, 2, 0, 3])
  return tf.transpose(tf.conv2d(padded as tf.Tensor4D, filter, 1, 'valid'), [1, 2, 0, 3])
}
