/**
 * Core's objective over tensors: values and gradients of every training case of the reference implementation, on its own
 * toy networks with its own random draws.
 */

import { type Draws, type Kappa, kappaFc, mixture, objective, standardNormal } from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { tensorAlgebra } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { distance, reference } from './fixtures/reference.ts'

interface LossCase {
  readonly name: string
  readonly input_mode: 'sample_only' | 'noise_only' | 'sample_and_noise' | null
  readonly gaussian: boolean | null
  readonly gaussian_mode: 'mean' | 'mean_var' | null
  readonly mix_w: boolean
  readonly interpolate_distributions: boolean | null
  readonly beta: number | null
  readonly tanh: boolean
  readonly options: { readonly t_eps?: number; readonly block_diffusion_gradient_to_noise_predictor?: boolean }
  readonly encoder_weights: readonly [string, string] | null
  readonly w: readonly number[] | null
  readonly scalars?: { readonly flow_loss: number; readonly kl: number | null; readonly total: number }
  readonly tensors: readonly string[]
}

const kappas = { sample_only: 'image', noise_only: 'noise', sample_and_noise: 'image+noise' } as const satisfies Record<
  string,
  Kappa
>

const numbers = reference<{ cases: readonly LossCase[] }>('loss')

beforeAll(async () => {
  await useOnnxBackend()
})

describe.skipIf(numbers === undefined)('objective over tensors against the reference implementation', () => {
  if (numbers === undefined) return
  const { json, tensor, has } = numbers
  const cases = json.cases.filter(c => c.scalars !== undefined)

  const raw = (name: string): tf.Tensor => {
    const { shape, data } = tensor(name)
    return tf.tensor(data, shape)
  }
  /** Images come as NCHW. */
  const image = (name: string): tf.Tensor => tf.transpose(raw(name), [0, 2, 3, 1])
  const nchw = (x: tf.Tensor): Float32Array => tf.transpose(x, [0, 3, 1, 2]).dataSync() as Float32Array

  /** A 1×1 convolution over the channels. */
  const pointwise = (x: tf.Tensor, weights: tf.Tensor): tf.Tensor => {
    const [n, h, w, c] = x.shape as [number, number, number, number]
    return tf.reshape(tf.matMul(tf.reshape(x, [n * h * w, c]), weights, false, true), [n, h, w, -1])
  }

  it.each(cases.map(c => [c.name, c] as const))('%s', (name, c) => {
    const own = c.encoder_weights
    const parameters = {
      D: raw('toy.D'),
      d_t: raw('toy.d_t'),
      d_b: raw('toy.d_b'),
      ...(own === null ? {} : { A: raw(`toy.${own[0]}`), b: raw(`toy.${own[1]}`) }),
    }
    const names = Object.keys(parameters) as (keyof typeof parameters)[]
    const minTime = c.options.t_eps ?? 0
    const draws: Draws<tf.Tensor> = {
      t: tf.add(tf.mul(raw('draw.t'), 1 - minTime), minTime),
      noise: image('draw.eps_source'),
      encoderNoise: image('draw.eps_encoder'),
      kappaNoise: image('draw.kappa_noise'),
      ...(c.w === null ? {} : { mixtureWeight: tf.tensor1d([...c.w]) }),
    }
    const lossOf = (given: Record<string, tf.Tensor>) => {
      const { D, d_t, d_b, A, b } = given as Record<'D' | 'd_t' | 'd_b' | 'A' | 'b', tf.Tensor>
      const conditioned = kappaFc<tf.Tensor>(kappa => tf.add(pointwise(kappa, A), b), {
        kappa: kappas[c.input_mode ?? 'sample_only'],
        gaussian: c.gaussian ? (c.gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off',
        tanh: c.tanh,
      })
      const mixing = c.interpolate_distributions ? 'distribution' : 'sample'
      const source =
        own === null
          ? standardNormal<tf.Tensor>()
          : c.mix_w
            ? mixture(conditioned, standardNormal<tf.Tensor>(), { mixing })
            : conditioned
      return objective({
        source,
        klWeight: c.beta ?? 0,
        detachEncoder: c.options.block_diffusion_gradient_to_noise_predictor ?? false,
      }).loss(tensorAlgebra, {
        denoiser: (xt, t) => {
          const slope = tf.mul(tf.reshape(t, [-1, 1, 1, 1]), tf.reshape(d_t, [1, 1, 1, -1]))
          return tf.add(tf.add(pointwise(xt, D), slope), d_b)
        },
        x1: image('draw.x1'),
        draws,
      })
    }

    const found = lossOf(parameters)
    for (const [part, value] of [
      ['x0', found.parts.x0],
      ['x_t', found.parts.xt],
      ['velocity_pred', found.parts.predicted],
      ['velocity_target', found.parts.velocity],
    ] as const) {
      if (has(`${name}.${part}`)) expect(distance(nchw(value), tensor(`${name}.${part}`).data), part).toBeLessThan(2e-5)
    }
    const total = c.scalars?.total as number
    expect(Math.abs((found.loss.dataSync()[0] as number) / total - 1)).toBeLessThan(1e-6)

    const values = names.map(key => parameters[key] as tf.Tensor)
    const gradients = tf.grads(
      (...given: tf.Tensor[]) => lossOf(Object.fromEntries(names.map((key, i) => [key, given[i] as tf.Tensor]))).loss,
    )(values)
    let compared = 0
    names.forEach((key, i) => {
      if (!has(`${name}.grad.${key}`)) return
      const expected = tensor(`${name}.grad.${key}`).data
      const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
      const got = (gradients[i] as tf.Tensor).dataSync()
      expect(distance(got, expected) / scale, `gradient of ${key}`).toBeLessThan(1e-4)
      compared++
    })
    expect(compared).toBeGreaterThanOrEqual(3)
  })
})
