/** The recording backend against tfjs's own plain JavaScript one, which shares no code with it: whole networks, both ways. */

import '@tensorflow/tfjs-backend-cpu'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { diffusersUnet } from './diffusers-unet/diffusers-unet.ts'
import { gradientsOf, movedTensors, networkContext, random, unetOptions } from './fixtures/testing.ts'
import type { Dropout, ParameterSpec, Parameters } from './network.ts'
import { songUnet } from './song-unet/song-unet.ts'
import { unet, unetEncoder } from './unet.ts'

const options = unetOptions({ channels: [4, 6], headChannels: 3 })
const context = networkContext({
  image: { channels: 2, height: 4, width: 2 },
  classes: 3,
  kappa: 'label',
  conditionOnWeight: true,
})

interface Case {
  readonly parameters: readonly ParameterSpec[]
  readonly apply: (parameters: Parameters, x: tf.Tensor4D) => tf.Tensor
}

function denoiser(): Case {
  const network = unet(options, context)
  const apply: Case['apply'] = (parameters, x) =>
    network.apply(parameters, x, tf.tensor1d([0.7]), {
      label: tf.tensor1d([1], 'int32'),
      mixtureWeight: tf.tensor1d([0.3]),
    })
  return { parameters: network.parameters, apply }
}

/** Its signal is a label, so the image only weighs its output. */
function encoder(): Case {
  const network = unetEncoder(options, context)
  const apply: Case['apply'] = (parameters, x) =>
    tf.mul(network.apply(parameters, tf.tensor1d([2], 'int32')), tf.concat([x, x], 3))
  return { parameters: network.parameters, apply }
}

/** With dropout, so that bools take part. */
function songDenoiser(): Case {
  const image = { channels: 2, height: 4, width: 4 }
  const own = { modelChannels: 8, multipliers: [1, 2], embeddingMultiplier: 2, blocks: 1, attentionResolutions: [2] }
  const network = songUnet({ ...own, dropout: 0.3 }, networkContext({ image, classes: 3, conditionOnWeight: true }))
  const { values } = network.dropout as Dropout
  const mask = Uint8Array.from({ length: values }, (_, i) => Number(i % 3 > 0))
  const apply: Case['apply'] = (parameters, x) =>
    network.apply(parameters, squareOf(x), tf.tensor1d([0.7]), {
      label: tf.tensor1d([1], 'int32'),
      mixtureWeight: tf.tensor1d([0.3]),
      dropoutMask: tf.tensor2d(mask, [1, values], 'bool'),
    })
  return { parameters: network.parameters, apply }
}

function diffusersEncoder(): Case {
  const image = { channels: 2, height: 4, width: 4 }
  const whole = { middle: true, timeEmbedding: true, classEmbedding: true }
  const network = diffusersUnet(
    { channels: [32, 32], blocks: 1, attention: [1], headChannels: 8, ...whole },
    networkContext({ image, classes: 3 }),
  )
  const apply: Case['apply'] = (parameters, x) =>
    network.apply(parameters, squareOf(x), { label: tf.tensor1d([2], 'int32') })
  return { parameters: network.parameters, apply }
}

const squareOf = (x: tf.Tensor4D): tf.Tensor4D => tf.concat([x, tf.square(x)], 2)

async function results(backend: 'cpu' | 'onnx', { parameters, apply }: Case) {
  if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`)
  const moved = movedTensors(parameters)
  // one image: tfjs's cpu kernel for the gradient of an enlargement reads the wrong place from the second one on
  const x = random([1, 4, 2, 2], 3) as tf.Tensor4D
  const output = apply(moved, x)
  const slope = random(output.shape, 4)
  const gradients = gradientsOf((p, input) => tf.sum(tf.mul(apply(p, input as tf.Tensor4D), slope)), moved, x)
  const all = Object.entries({ ...gradients, output })
  return Object.fromEntries(all.map(([name, tensor]) => [name, [...tensor.dataSync()]]))
}

it.each([
  ['denoiser', denoiser],
  ['encoder', encoder],
  ['song-unet', songDenoiser],
  ['diffusers-unet', diffusersEncoder],
] as const)('%s: output and all gradients agree to 1e-4 of the largest number', async (_, make) => {
  await useOnnxBackend({ threads: 1 })
  const onnx = await results('onnx', make())
  const cpu = await results('cpu', make())
  expect(Object.keys(onnx)).toEqual(Object.keys(cpu))
  const errors = Object.entries(cpu).map(([name, expected]) => {
    const got = onnx[name] ?? []
    const scale = Math.max(1, ...expected.map(Math.abs))
    return { name, error: Math.max(...expected.map((value, i) => Math.abs(value - (got[i] ?? Number.NaN)))) / scale }
  })
  expect(errors.filter(({ error }) => !(error < 1e-4))).toEqual([])
})
