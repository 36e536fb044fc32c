/** Sampling during training: core's sampler on compiled tfjs graphs of the networks, over a parameter vector. */

import { float32Algebra, float32Backend, type SampleBackend } from '@mixflow/core'
import { elementsOf, encoderChannels, splitEncoderOutput } from '@mixflow/core/internal'
import { compile } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { ParameterVector } from './train-state.ts'
import { type TrainingModel, under } from './training-model.ts'

interface NetworkInput {
  readonly parameters: tf.Tensor
  readonly label?: tf.Tensor1D | undefined
}

interface DenoiserInput extends NetworkInput {
  /** [N, C, H, W] */
  readonly x: tf.Tensor
  readonly t: tf.Tensor1D
  readonly w?: tf.Tensor1D | undefined
}

/** κ is images [N, C, H, W], or labels [N]. */
type EncoderInput = NetworkInput & { readonly kappa: tf.Tensor }

export interface TensorSampler {
  /** The networks with these parameters, for core's `sample`. `encode` also takes images as κ. */
  backend(parameters: tf.Tensor): SampleBackend<Float32Array>
  dispose(): void
}

export function tensorSampler(model: TrainingModel, vector: ParameterVector): TensorSampler {
  const { image, source } = model
  const { height, width } = image
  const elementsPerImage = elementsOf(image)
  const shape = (x: Float32Array, channels = image.channels) => {
    return [x.length / (channels * height * width), channels, height, width]
  }

  const denoise = compile(({ parameters, x, t, label, w }: DenoiserInput) => {
    const denoiserParameters = under('denoiser', vector.split(parameters))
    const xt = tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D
    const velocity = model.denoiser.apply(denoiserParameters, xt, t, { label, mixtureWeight: w })
    return { output: tf.transpose(velocity, [0, 3, 1, 2]) as tf.Tensor }
  })
  const encode = compile(({ parameters, kappa, label }: EncoderInput) => {
    const encoderParameters = under('encoder', vector.split(parameters))
    const signal = kappa.rank === 4 ? tf.transpose(kappa, [0, 2, 3, 1]) : kappa
    const output = model.encoder?.apply(encoderParameters, signal, { label }) as tf.Tensor4D
    return { output: tf.transpose(output, [0, 3, 1, 2]) as tf.Tensor }
  })

  /** Runs a network and disposes of its inputs except the parameters, which belong to the caller. */
  const run = async <I extends NetworkInput>(
    network: (input: I) => { readonly output: tf.Tensor },
    input: I,
  ): Promise<Float32Array> => {
    const { output } = network(input)
    const data = await output.data<'float32'>()
    const { parameters, ...others } = input
    tf.dispose([output, others])
    await new Promise(resolve => setImmediate(resolve)) // let timers and signals run
    return data
  }

  return {
    backend: parameters =>
      float32Backend({
        velocity: (x, { t, label, w }) =>
          run(denoise, {
            parameters,
            x: tf.tensor(x, shape(x)),
            t: tf.tensor1d(t),
            label: label && tf.tensor1d(label, 'int32'),
            w: w && tf.tensor1d(w),
          }),
        ...(source && {
          encode: async (kappa: Float32Array | Int32Array, label?: Int32Array) => {
            const { input: channels } = encoderChannels(source, image.channels)
            const signal =
              kappa instanceof Int32Array ? tf.tensor1d(kappa, 'int32') : tf.tensor(kappa, shape(kappa, channels))
            const input = { parameters, kappa: signal, label: label && tf.tensor1d(label, 'int32') }
            const output = await run(encode, input)
            return splitEncoderOutput(float32Algebra({ elementsPerImage }), output, source.gaussian)
          },
        }),
      }),
    dispose() {
      denoise.dispose()
      encode.dispose()
    },
  }
}
