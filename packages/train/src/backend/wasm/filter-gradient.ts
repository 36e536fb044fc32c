/**
 * The kernel that tfjs's wasm backend lacks for training: the gradient of a convolution with respect to its filter. It is itself a
 * convolution of x, with channels as the batch, and dy as the filter, with the strides as dilations. Rows and columns beyond the
 * filter's size, which strides can cause, are cut off.
 */

import * as tf from '@tensorflow/tfjs-core'

const kernelName = tf.Conv2DBackpropFilter

/** Registers the kernel for a backend that does not have it. */
export function registerFilterGradient(backendName: string): void {
  if (tf.getKernel(kernelName, backendName) !== undefined) return
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
      return tf.tidy(() => filterGradient(tensorOf(x), tensorOf(dy), attrs as unknown as tf.Conv2DBackpropFilterAttrs))
    },
  })
}

/** A tensor that shares the data and has its own reference to it. */
function tensorOf({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor4D {
  tf.backend().incRef(dataId)
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype) as tf.Tensor4D
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attributes: tf.Conv2DBackpropFilterAttrs): tf.Tensor {
  const { strides, pad, dimRoundingMode, filterShape } = attributes
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
  const { top, bottom, left, right } = info.padInfo
  const padded = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]) as tf.Tensor4D
  const filter = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D
  const dilations: [number, number] = [info.strideHeight, info.strideWidth]
  // [inputs, height, width, outputs]
  const whole = tf.conv2d(padded, filter, 1, 'valid', 'NHWC', dilations)
  const [height, width] = filterShape
  return tf.transpose(tf.slice(whole, [0, 0, 0, 0], [-1, height, width, -1]), [1, 2, 0, 3])
}
