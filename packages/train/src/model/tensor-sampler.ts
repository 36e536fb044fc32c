/** Sampling with the networks as they train: core's loop, driven by compiled tfjs graphs over a parameter vector. */

import { float32Backend, type SampleBackend } from '@mixflow/core'
import { compile } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { ParameterVector } from './parameter-vector.ts'
import { type TrainingModel, under } from './training-model.ts'

type Tensors = Record<string, tf.Tensor>

export interface TensorSampler {
  /** For core's `sample`, with these parameters; `encode` also takes images as κ. */
  backend(parameters: tf.Tensor): SampleBackend<Float32Array>
  dispose(): void
}

export function tensorSampler(model: TrainingModel, vector: ParameterVector): TensorSampler {
  const { channels, height, width } = model.image
  const shape = (x: Float32Array) => [x.length / (channels * height * width), channels, height, width]
  const signalChannels = model.source?.kappa === 'image+noise' ? 2 * channels : channels
  const kappaShape = (x: Float32Array) => [x.length / (signalChannels * height * width), signalChannels, height, width]

  const denoise = compile(({ parameters, x, t, label, w }: Tensors) => {
    const own = under('denoiser', vector.split(parameters as tf.Tensor))
    const xt = tf.transpose(x as tf.Tensor, [0, 2, 3, 1]) as tf.Tensor4D
    const condition = { label: label as tf.Tensor1D | undefined, mixtureWeight: w as tf.Tensor1D | undefined }
    const velocity = model.denoiser.apply(own, xt, t as tf.Tensor1D, condition)
    return { velocity: tf.transpose(velocity, [0, 3, 1, 2]) as tf.Tensor }
  })
  const encode = compile(({ parameters, kappa, label }: Tensors) => {
    const own = under('encoder', vector.split(parameters as tf.Tensor))
    const signal =
      (kappa as tf.Tensor).rank === 4 ? tf.transpose(kappa as tf.Tensor, [0, 2, 3, 1]) : (kappa as tf.Tensor)
    const output = model.encoder?.apply(own, signal, { label: label as tf.Tensor1D | undefined }) as tf.Tensor4D
    return { output: tf.transpose(output, [0, 3, 1, 2]) as tf.Tensor }
  })

  const run = async (f: typeof denoise | typeof encode, inputs: Tensors, keep: tf.Tensor): Promise<Float32Array> => {
    const [result] = Object.values(f(inputs)) as [tf.Tensor]
    const data = (await result.data()) as Float32Array
    tf.dispose([result, ...Object.values(inputs).filter(x => x !== keep)])
    await new Promise(resolve => setImmediate(resolve)) // timers and signals have their turn
    return data
  }

  return {
    backend: parameters =>
      float32Backend({
        velocity: (x, { t, label, w }) =>
          run(
            denoise,
            {
              parameters,
              x: tf.tensor(x, shape(x)),
              t: tf.tensor1d(t),
              ...(label === undefined ? {} : { label: tf.tensor1d(label, 'int32') }),
              ...(w === undefined ? {} : { w: tf.tensor1d(w) }),
            },
            parameters,
          ),
        encode: async (kappa, label) => {
          const told = label === undefined ? {} : { label: tf.tensor1d(label, 'int32') }
          const signal = kappa instanceof Int32Array ? tf.tensor1d(kappa, 'int32') : tf.tensor(kappa, kappaShape(kappa))
          return splitOutputs(model, await run(encode, { parameters, kappa: signal, ...told }, parameters))
        },
      }),
    dispose() {
      denoise.dispose()
      encode.dispose()
    },
  }
}

/** The raw output `[N, C or 2C, H, W]` under the names of the encoder's ports. */
export function splitOutputs(
  { source, image: { channels, height, width } }: Pick<TrainingModel, 'source' | 'image'>,
  output: Float32Array,
): { mean?: Float32Array; logVariance?: Float32Array; x0?: Float32Array } {
  if (source?.gaussian === 'off') return { x0: output }
  if (source?.gaussian === 'mean') return { mean: output }
  const size = channels * height * width
  const mean = new Float32Array(output.length / 2)
  const logVariance = new Float32Array(output.length / 2)
  for (let i = 0; i < mean.length / size; i++) {
    mean.set(output.subarray(2 * i * size, (2 * i + 1) * size), i * size)
    logVariance.set(output.subarray((2 * i + 1) * size, (2 * i + 2) * size), i * size)
  }
  return { mean, logVariance }
}
