import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { nchw, nhwc, referenceCase, tensorOf } from '../fixtures/reference.ts'
import { apart, gradientsOf, largest, movedTensors, networkContext, random } from '../fixtures/testing.ts'
import { countParameters, type EncoderCondition, initialValues } from '../network.ts'
import type { NetworkContext } from '../unet-options.ts'
import { diffusersUnet } from './diffusers-unet.ts'
import type { DiffusersUnetOptions } from './diffusers-unet-options.ts'

await useOnnxBackend({ threads: 1 })

const tiny = (changes: Partial<DiffusersUnetOptions> = {}): DiffusersUnetOptions => ({
  channels: [32, 64],
  blocks: 1,
  attention: [1],
  headChannels: 8,
  middle: false,
  timeEmbedding: false,
  classEmbedding: false,
  ...changes,
})
const contextOf = (changes: Partial<NetworkContext> = {}) =>
  networkContext({ image: { channels: 3, height: 8, width: 8 }, ...changes })

// ---- the reference ---------------------------------------------------------------------------------------------------

interface EncoderCase {
  readonly config: {
    readonly input_mode: 'sample_only' | 'noise_only' | 'sample_and_noise'
    readonly name: 'unet' | 'unet_class_cond'
    readonly sample_size: number
    readonly down_block_types: string[]
    readonly block_out_channels: number[]
    readonly layers_per_block: number
    readonly class_encoder: boolean
    readonly num_classes: number | null
    readonly num_class_embeds?: number | null
  }
  readonly state_dict_names_in_order: string[]
  readonly parameter_count: number
  readonly scalars: { readonly loss: number }
  readonly grad_l2_norm_per_parameter: Readonly<Record<string, number>>
}

function built({ config: c }: EncoderCase) {
  const whole = c.name === 'unet_class_cond'
  const edge = c.sample_size
  const kappas = { sample_only: 'image', noise_only: 'noise', sample_and_noise: 'image+noise' } as const
  return diffusersUnet(
    {
      channels: c.block_out_channels,
      blocks: c.layers_per_block,
      attention: c.down_block_types.flatMap((type, level) => (type === 'AttnDownBlock2D' ? [level] : [])),
      headChannels: 8,
      middle: whole,
      timeEmbedding: whole,
      classEmbedding: (c.num_class_embeds ?? null) !== null,
    },
    contextOf({
      image: { channels: 3, height: edge, width: edge },
      classes: c.num_classes ?? c.num_class_embeds ?? 0,
      kappa: c.class_encoder ? 'label' : kappas[c.input_mode],
    }),
  )
}

const prefix = 'network.'

describe.each(['a', 'b', 'c', 'd', 'e', 'f'])('case %s of the reference', name => {
  const reference = referenceCase<EncoderCase>(`encoder/encoder-${name}`)
  if (reference === undefined) return it.skip('is not there')
  const { json, weights, io } = reference
  const network = built(json)
  const given = () => Object.fromEntries(network.parameters.map(p => [p.name, tensorOf(weights, prefix + p.name)]))
  const byLabel = json.config.class_encoder
  const labels = () => tensorOf(io, 'input.class_labels') as tf.Tensor1D
  const condition = (): EncoderCondition => (io.has('input.class_labels') && !byLabel ? { label: labels() } : {})
  const image = () => nhwc(tensorOf(io, 'input.x'))
  /** κ, of which x may be a part. */
  const kappa = (x: tf.Tensor) => {
    if (byLabel) return labels()
    return io.has('input.input_noise') ? tf.concat([x, nhwc(tensorOf(io, 'input.input_noise'))], 3) : x
  }
  const outputs = (parameters: Record<string, tf.Tensor>, x: tf.Tensor) =>
    tf.split(nchw(network.apply(parameters, kappa(x), condition())), 2, 1) as [tf.Tensor, tf.Tensor]

  it('has its parameters, in its order', () => {
    expect(network.parameters.map(p => prefix + p.name)).toEqual(json.state_dict_names_in_order)
    for (const p of network.parameters) expect(p.shape, p.name).toEqual(weights.get(prefix + p.name)?.shape)
    expect(countParameters(network.parameters)).toBe(json.parameter_count)
  })

  it('its mean and log-variance', () => {
    const [mean, logVariance] = outputs(given(), image())
    expect(apart(mean, tensorOf(io, 'output.mean'))).toBeLessThan(2e-5)
    expect(apart(logVariance, tensorOf(io, 'output.log_var'))).toBeLessThan(2e-5)
  })

  it('its gradients', () => {
    const loss = (parameters: Record<string, tf.Tensor>, x: tf.Tensor) => {
      const [mean, logVariance] = outputs(parameters, x)
      const term = (found: tf.Tensor, key: string) => tf.mean(tf.squaredDifference(found, tensorOf(io, key)))
      return tf.add(term(mean, 'input.target_mean'), term(logVariance, 'input.target_log_var')) as tf.Scalar
    }
    expect(loss(given(), image()).dataSync()[0]).toBeCloseTo(json.scalars.loss, 5)
    const gradients = gradientsOf(
      // tfjs wants every variable to take part, and with κ = label the image does not
      (p, x) => tf.add(loss(p as Record<string, tf.Tensor>, x), tf.mul(tf.sum(x), 0)),
      given(),
      image(),
    )
    const compared = [...io.keys()].filter(key => key.startsWith(`grad.${prefix}`) && !key.includes('.rows_'))
    const most = Math.max(...compared.map(key => largest(tensorOf(io, key))))
    for (const key of compared) {
      const [found, expected] = [gradients[key.slice(`grad.${prefix}`.length)] as tf.Tensor, tensorOf(io, key)]
      const scale = largest(expected)
      // zero in theory: softmax ignores what all keys share, a norm of single channels what is added to them
      if (scale < 1e-5 * most) expect(largest(found), key).toBeLessThan(1e-5 * most)
      else expect(apart(found, expected) / scale, key).toBeLessThan(1e-4)
    }
    const norms = Object.entries(json.grad_l2_norm_per_parameter)
    const longest = Math.max(...norms.map(([, norm]) => norm))
    for (const [key, expected] of norms) {
      const norm = tf.norm(gradients[key.slice(prefix.length)] as tf.Tensor).dataSync()[0] as number
      if (expected < 1e-5 * longest) expect(norm, key).toBeLessThan(1e-5 * longest)
      else expect(Math.abs(norm / expected - 1), key).toBeLessThan(1e-4)
    }
    if (!byLabel) {
      const expected = tensorOf(io, 'grad.x')
      expect(apart(nchw(gradients.x as tf.Tensor), expected) / largest(expected)).toBeLessThan(1e-4)
      return
    }
    const rows = tf.gather(gradients['class_embedding.weight'] as tf.Tensor, [2, 7])
    const expected = tensorOf(io, 'grad.network.class_embedding.weight.rows_2_7')
    expect(apart(rows, expected) / largest(expected)).toBeLessThan(1e-4)
  })
})

// ---- laws ------------------------------------------------------------------------------------------------------------

it('starts as PyTorch does: weights and biases within 1/√fan-in with its variance, tables normal, norms the identity', () => {
  const options = tiny({ middle: true, timeEmbedding: true, classEmbedding: true })
  const { parameters } = diffusersUnet(options, contextOf({ classes: 40 }))
  const values = initialValues(parameters, { seed: 3 })
  const shapes = new Map(parameters.map(p => [p.name, p.shape]))
  for (const { name } of parameters) {
    const own = values.get(name) as Float32Array
    const square = own.reduce((sum, value) => sum + value ** 2, 0) / own.length
    if (/norm\d?\.|norm_out\./.test(name)) expect(square, name).toBe(name.endsWith('weight') ? 1 : 0)
    else if (name.startsWith('class_embedding')) {
      expect(Math.abs(square - 1), name).toBeLessThan(5 * Math.sqrt(2 / own.length))
    } else {
      const shape = shapes.get(name.replace(/bias$/, 'weight')) as readonly number[]
      const fan = shape.slice(1).reduce((a, b) => a * b, 1)
      expect(
        own.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
        name,
      ).toBeLessThanOrEqual(1.000001 / Math.sqrt(fan))
      expect(Math.abs(square * 3 * fan - 1), name).toBeLessThan(5 * Math.sqrt(4 / 5 / own.length))
    }
  }
})

it('all parameters have different names, also if κ is the label and there is a class embedding', () => {
  const options = tiny({ middle: true, timeEmbedding: true, classEmbedding: true })
  const names = diffusersUnet(options, contextOf({ classes: 5, kappa: 'label' })).parameters.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe('each image by itself', () => {
  const everything = tiny({ middle: true, timeEmbedding: true, classEmbedding: true })
  const network = diffusersUnet(everything, contextOf({ classes: 5 }))
  const moved = movedTensors(network.parameters)
  const x = random([2, 8, 8, 3], 4)
  const label = tf.tensor1d([1, 4], 'int32')

  it('a batch is its images', () => {
    const both = network.apply(moved, x, { label })
    for (const i of [0, 1]) {
      const one = network.apply(moved, tf.slice(x, i, 1), { label: tf.slice(label, i, 1) })
      expect(apart(one, tf.slice(both, i, 1))).toBeLessThan(1e-4)
    }
  })

  it('its class matters, and so does that it has one', () => {
    const both = network.apply(moved, x, { label })
    const other = network.apply(moved, x, { label: tf.tensor1d([1, 3], 'int32') })
    expect(apart(tf.slice(both, 0, 1), tf.slice(other, 0, 1))).toBe(0)
    expect(apart(tf.slice(both, 1, 1), tf.slice(other, 1, 1))).toBeGreaterThan(1e-3)
    expect(apart(both, network.apply(moved, x))).toBeGreaterThan(1e-3)
  })
})

describe('options are refused by name', () => {
  it.each([
    ['channels', [32, 48], 'multiples of 32'],
    ['channels', [32, 32, 32, 32, 32], 'multiples of 16'],
    ['blocks', 0, '1..16'],
    ['attention', [2], '0..1'],
    ['headChannels', 12, 'a divisor of 64'],
    ['middle', 1, 'true or false'],
    ['classEmbedding', true, 'without a time embedding'],
  ])('%s = %j', (name, value, expected) => {
    expect(() => diffusersUnet({ ...tiny(), [name]: value }, contextOf())).toThrow(
      new RegExp(`diffusers-unet option ${name} must be .*${expected}`),
    )
  })

  it('a class embedding without classes', () => {
    expect(() => diffusersUnet(tiny({ timeEmbedding: true, classEmbedding: true }), contextOf())).toThrow(
      'without classes',
    )
  })
})
