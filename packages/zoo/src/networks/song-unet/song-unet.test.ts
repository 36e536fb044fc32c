import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { nchw, nhwc, referenceCase, referenceJson, tensorOf } from '../fixtures/reference.ts'
import { apart, gradientsOf, largest, movedTensors, networkContext, random } from '../fixtures/testing.ts'
import { countParameters, type DenoiserCondition, initialValues } from '../network.ts'
import { songLayout, songUnet } from './song-unet.ts'
import type { SongUnetOptions } from './song-unet-options.ts'

await useOnnxBackend({ threads: 1 })

const tiny = (changes: Partial<SongUnetOptions> = {}): SongUnetOptions => ({
  modelChannels: 8,
  multipliers: [1, 2],
  embeddingMultiplier: 4,
  blocks: 1,
  attentionResolutions: [4],
  dropout: 0,
  ...changes,
})
const square = (edge: number) => ({ channels: 3, height: edge, width: edge })

// ---- the reference ---------------------------------------------------------------------------------------------------

interface ReferenceConfig {
  readonly img_resolution: number
  readonly label_dim: number
  readonly model_channels: number
  readonly channel_mult: number[]
  readonly channel_mult_emb: number
  readonly num_blocks: number
  readonly attn_resolutions: number[]
  readonly dropout: number
  readonly activate_w_mode: boolean
}

interface SongCase {
  readonly config: ReferenceConfig
  readonly weights: Readonly<Record<string, unknown>>
  readonly parameter_count: number
  readonly scalars: { readonly loss: number }
  readonly grad_l2_norm_per_parameter: Readonly<Record<string, number>>
}

const built = ({ config: c }: { readonly config: ReferenceConfig }) =>
  songUnet(
    {
      modelChannels: c.model_channels,
      multipliers: c.channel_mult,
      embeddingMultiplier: c.channel_mult_emb,
      blocks: c.num_blocks,
      attentionResolutions: c.attn_resolutions,
      dropout: c.dropout,
    },
    networkContext({
      image: square(c.img_resolution),
      classes: c.label_dim,
      conditionOnWeight: c.activate_w_mode,
    }),
  )

const relative = (a: tf.Tensor, b: tf.Tensor): number => apart(a, b) / largest(b)

describe.each(['a', 'c', 'd'])('case %s of the reference', name => {
  const reference = referenceCase<SongCase>(`songunet/songunet-${name}`)
  if (reference === undefined) return it.skip('is not there')
  const { json, weights, io } = reference
  const network = built(json)
  const given = () => Object.fromEntries(network.parameters.map(p => [p.name, tensorOf(weights, p.name)]))
  const condition = (): DenoiserCondition => ({
    ...(io.has('input.labels_int') ? { label: tensorOf(io, 'input.labels_int') as tf.Tensor1D } : {}),
    ...(io.has('input.w') ? { mixtureWeight: tensorOf(io, 'input.w') as tf.Tensor1D } : {}),
  })
  const x = () => nhwc(tensorOf(io, 'input.x'))
  const t = () => tensorOf(io, 'input.t') as tf.Tensor1D

  it('has its parameters, in its order', () => {
    const names = Object.keys(json.weights).filter(key => !key.endsWith('resample_filter'))
    expect(network.parameters.map(p => p.name)).toEqual(names)
    for (const p of network.parameters)
      expect([p.name, ...p.shape]).toEqual([p.name, ...(weights.get(p.name)?.shape ?? [])])
    expect(countParameters(network.parameters)).toBe(json.parameter_count)
  })

  it('its velocity', () => {
    const velocity = nchw(network.apply(given(), x(), t(), condition()))
    expect(apart(velocity, tensorOf(io, 'output.velocity'))).toBeLessThan(2e-5)
    const first = Object.entries(condition()).map(([key, value]) => [key, tf.slice(value, 0, 1)])
    const alone = network.apply(given(), tf.slice(x(), 0, 1), tf.tensor1d([0.37]), Object.fromEntries(first))
    expect(apart(nchw(alone), tensorOf(io, 'output.velocity_scalar_t'))).toBeLessThan(2e-5)
  })

  it('its gradients', () => {
    const target = nhwc(tensorOf(io, 'input.target'))
    const loss = (parameters: Record<string, tf.Tensor>, image: tf.Tensor) =>
      tf.mean(tf.squaredDifference(network.apply(parameters, image as tf.Tensor4D, t(), condition()), target))
    expect(loss(given(), x()).dataSync()[0]).toBeCloseTo(json.scalars.loss, 5)
    const gradients = gradientsOf((p, image) => loss(p as Record<string, tf.Tensor>, image), given(), x())
    expect(relative(nchw(gradients.x as tf.Tensor), tensorOf(io, 'grad.x'))).toBeLessThan(1e-4)
    for (const key of [...io.keys()].filter(key => key.startsWith('grad.') && key !== 'grad.x')) {
      expect(relative(gradients[key.slice(5)] as tf.Tensor, tensorOf(io, key)), key).toBeLessThan(1e-4)
    }
    for (const [key, reference] of Object.entries(json.grad_l2_norm_per_parameter)) {
      const norm = tf.norm(gradients[key] as tf.Tensor).dataSync()[0] as number
      expect(Math.abs(norm / reference - 1), key).toBeLessThan(1e-4)
    }
  })
})

describe('the full-size networks', () => {
  type Full = { readonly config: ReferenceConfig; readonly parameters: number; readonly state_dict: unknown }
  const full = referenceJson<Readonly<Record<string, Full>>>('songunet/songunet-full-configs.json')
  if (full === undefined) return it.skip('are not there')

  it.each(Object.keys(full))('%s: names, order and shapes', name => {
    const { config, parameters, state_dict } = full[name] as Full
    const other = typeof state_dict === 'string' ? state_dict.replace('same as ', '') : name
    const reference = Object.entries(full[other]?.state_dict as Record<string, number[]>)
    const own = built({ config }).parameters
    expect(own.map(p => [p.name, p.shape])).toEqual(reference.filter(([key]) => !key.endsWith('resample_filter')))
    expect(countParameters(own)).toBe(parameters)
  })
})

// ---- laws ------------------------------------------------------------------------------------------------------------

it('goes down, through the middle and up: every skip is joined once, the last kept first', () => {
  const { stages, width } = songLayout(
    { modelChannels: 16, multipliers: [1, 2], blocks: 1, attentionResolutions: [4] },
    8,
  )
  const shown = stages.map(({ name, from, to, attention }) => `${name} ${from}->${to}${attention ? ' attention' : ''}`)
  expect(shown).toEqual([
    'enc.8x8_block0 16->16',
    'enc.4x4_down 16->16',
    'enc.4x4_block0 16->32 attention',
    'dec.4x4_in0 32->32 attention',
    'dec.4x4_in1 32->32',
    'dec.4x4_block0 64->32',
    'dec.4x4_block1 48->32 attention',
    'dec.8x8_up 32->32',
    'dec.8x8_block0 48->16',
    'dec.8x8_block1 32->16',
  ])
  expect(width).toBe(16)
})

describe('options are refused by name', () => {
  it.each([
    ['modelChannels', 6, 'a multiple of 4'],
    ['modelChannels', 68, '32 groups'],
    ['multipliers', [], '1 to 6 factors'],
    ['multipliers', [1, 0.5], '1 to 6 factors'],
    ['multipliers', [1, 1, 1, 1, 1], 'a square of a multiple of 16, not 8×8'],
    ['embeddingMultiplier', 0, '1..16'],
    ['blocks', 0, '1..16'],
    ['attentionResolutions', [16], 'edges of the levels, which are 8, 4'],
    ['dropout', 1, '0.001..0.999'],
    ['dropout', '0.1', '0.001..0.999'],
  ])('%s = %j', (name, value, expected) => {
    expect(() => songUnet({ ...tiny(), [name]: value }, networkContext({ image: square(8) }))).toThrow(
      new RegExp(`song-unet option ${name} must be .*${expected}`),
    )
  })

  it('an image that is not square, an option that is not there', () => {
    const wide = networkContext({ image: { channels: 3, height: 8, width: 16 } })
    expect(() => songUnet(tiny(), wide)).toThrow('not 16×8')
    expect(() => songUnet({ ...tiny(), channels: [8] }, networkContext({ image: square(8) }))).toThrow('unknown option')
  })
})

describe('initial values', () => {
  const { parameters } = songUnet(
    tiny({ modelChannels: 64 }),
    networkContext({ image: square(8), classes: 10, conditionOnWeight: true }),
  )
  const values = initialValues(parameters, { seed: 5 })

  const gain = (name: string) => {
    if (/\.(conv1|proj)\.|aux_conv/.test(name)) return 1e-5
    return name.includes('.qkv.') ? Math.sqrt(0.2) : 1
  }

  it('weights have the variance 2 gain² / (fan-in + fan-out) of a uniform distribution, biases are zero', () => {
    for (const { name, shape } of parameters) {
      const own = values.get(name) as Float32Array
      if (/norm.*\.weight$/.test(name))
        expect(
          own.every(value => value === 1),
          name,
        ).toBe(true)
      else if (name.endsWith('.bias'))
        expect(
          own.every(value => value === 0),
          name,
        ).toBe(true)
      else {
        const [to, from, ...kernel] = shape as [number, number, ...number[]]
        const area = kernel.reduce((a, b) => a * b, 1)
        const bound = gain(name) * Math.sqrt(6 / ((to + from) * area))
        const largestValue = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        expect(largestValue, name).toBeLessThanOrEqual(Math.fround(bound) * (1 + 1e-6))
        const square = own.reduce((sum, value) => sum + value ** 2, 0) / own.length
        // five standard errors of x² of U(−b, b)
        expect(Math.abs(square / (bound ** 2 / 3) - 1), name).toBeLessThan(5 * Math.sqrt(4 / 5 / own.length))
      }
    }
  })
})

describe('conditions', () => {
  const network = songUnet(tiny(), networkContext({ image: square(8), classes: 4, conditionOnWeight: true }))
  const moved = movedTensors(network.parameters)
  const x = random([2, 8, 8, 3], 9) as tf.Tensor4D
  const t = tf.tensor1d([0.2, 0.9])
  const run = (condition: DenoiserCondition) =>
    network.apply(moved, x, t, { mixtureWeight: tf.tensor1d([0.5, 0.5]), ...condition })

  it('no label is the index behind the last class, and none of the classes', () => {
    const none = run({ label: tf.tensor1d([4, 4], 'int32') })
    expect(apart(none, run({}))).toBe(0)
    for (let i = 0; i < 4; i++) expect(apart(none, run({ label: tf.tensor1d([i, i], 'int32') }))).toBeGreaterThan(1e-3)
  })

  it('w matters, of its own image only', () => {
    const [a, b] = [run({}), run({ mixtureWeight: tf.tensor1d([0.5, 1]) })]
    expect(apart(tf.slice(a, 0, 1), tf.slice(b, 0, 1))).toBe(0)
    expect(apart(tf.slice(a, 1, 1), tf.slice(b, 1, 1))).toBeGreaterThan(1e-3)
  })
})

describe('dropout', () => {
  const options = tiny({ dropout: 0.25 })
  const network = songUnet(options, networkContext({ image: square(8) }))
  const moved = movedTensors(network.parameters)
  const x = random([2, 8, 8, 3], 9) as tf.Tensor4D
  const t = tf.tensor1d([0.2, 0.9])
  const { values } = network.dropout as { values: number }
  const run = (dropoutMask?: tf.Tensor2D) => network.apply(moved, x, t, { dropoutMask })

  it('is of the values between the two convolutions of each block', () => {
    // 8 channels at 8×8 in 1 + 2 blocks, 16 at 8×8 in the enlargement, 8 at 4×4 in the reduction, 16 at 4×4 in 1 + 2 + 2
    expect(network.dropout).toEqual({ rate: 0.25, values: 64 * (3 * 8 + 16) + 16 * (8 + 5 * 16) })
    expect(songUnet(tiny(), networkContext({ image: square(8) })).dropout).toBeUndefined()
  })

  it('with nothing dropped, the values are larger by 1 / (1 − rate): as an undropped network with larger second convolutions', () => {
    const scaled = Object.fromEntries(
      Object.entries(moved).map(([name, tensor]) => [
        name,
        name.endsWith('conv1.weight') ? tf.div(tensor, 0.75) : tensor,
      ]),
    )
    const kept = run(tf.ones([2, values], 'bool') as tf.Tensor2D)
    expect(apart(kept, network.apply(scaled, x, t, {}))).toBeLessThan(1e-4)
    expect(apart(kept, run())).toBeGreaterThan(1e-3)
  })

  it('of everything leaves the blocks their shortcuts and biases: the time plays no part any more', () => {
    const none = tf.zeros([2, values], 'bool') as tf.Tensor2D
    const at = (time: number) => network.apply(moved, x, tf.tensor1d([time, time]), { dropoutMask: none })
    expect(apart(at(0.1), at(0.9))).toBe(0)
  })

  it('each value counts, and only for its own image', () => {
    const all = new Uint8Array(2 * values).fill(1)
    const before = run(tf.tensor2d(all, [2, values], 'bool'))
    for (const place of [0, 700, 1600, 2600, values - 1]) {
      const one = all.slice()
      one[place] = 0
      const after = run(tf.tensor2d(one, [2, values], 'bool'))
      expect(apart(tf.slice(before, 1, 1), tf.slice(after, 1, 1))).toBe(0)
      expect(apart(before, after), String(place)).toBeGreaterThan(0)
    }
  })

  it('the gradient is that of the function: a finite difference along it', () => {
    const mask = Uint8Array.from({ length: 2 * values }, (_, i) => Number((i * 7919) % 4 !== 0))
    const dropoutMask = tf.tensor2d(mask, [2, values], 'bool')
    const slope = random([2, 8, 8, 3], 11)
    const f = (image: tf.Tensor) =>
      tf.sum(tf.mul(network.apply(moved, image as tf.Tensor4D, t, { dropoutMask }), slope))
    const gradient = tf.grad(f)(x)
    const step = tf.mul(gradient, 0.01 / (tf.norm(gradient).dataSync()[0] as number))
    const difference = (tf.sub(f(tf.add(x, step)), f(tf.sub(x, step))).dataSync()[0] as number) / 0.02
    expect(difference / (tf.norm(gradient).dataSync()[0] as number)).toBeCloseTo(1, 2)
  })
})
