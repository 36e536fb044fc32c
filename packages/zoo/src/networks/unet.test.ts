import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import {
  apart,
  freshTensors,
  gradientsOf,
  largest,
  movedTensors,
  networkContext,
  random,
  unetOptions,
} from './fixtures/testing.ts'
import type { DenoiserCondition } from './network.ts'
import { unet } from './unet.ts'
import type { NetworkContext, UnetOptions } from './unet-options.ts'
import { leastRest } from './velocity-of-image.ts'

await useOnnxBackend({ threads: 1 })

const image = { channels: 3, height: 8, width: 16 }
const full = networkContext({ image: { channels: 1, height: 4, width: 6 }, classes: 3, conditionOnWeight: true })
const network = unet(unetOptions(), full)
const xt = random([3, 4, 6, 1], 2) as tf.Tensor4D
const t = tf.tensor1d([0, 0.4, 0.9])
const condition: DenoiserCondition = {
  label: tf.tensor1d([0, 2, 3], 'int32'),
  mixtureWeight: tf.tensor1d([0.1, 0.5, 1]),
}

describe('shapes', () => {
  const variants: [Partial<UnetOptions>, Partial<NetworkContext>?][] = [
    [{}],
    [{ patchSize: 2 }],
    [{ patchSize: 4 }],
    [{ patchSize: 8, channels: [8], attention: [] }],
    [{ channels: [6], attention: [0], headChannels: 2 }],
    [{ channels: [4, 8, 16, 8], attention: [0, 1, 2, 3], headChannels: 4 }],
    [{ channels: [16, 8], attention: [], blocks: 3 }],
    [{ channels: [10, 14], attention: [1], headChannels: 7 }],
    [{}, { classes: 10 }],
    [{}, { conditionOnWeight: true }],
    [
      { patchSize: 2, blocks: 2, attention: [0, 1] },
      { classes: 1, conditionOnWeight: true },
    ],
  ]

  it.each(variants)('velocity is shaped like xt: %j %j', (...[options, context]) => {
    const { parameters, apply } = unet(unetOptions(options), networkContext({ image, ...context }))
    const x = tf.zeros([2, 8, 16, 3]) as tf.Tensor4D
    // what the backend records knows its shapes before anything is computed
    const shape = tf.tidy(() => apply(freshTensors(parameters), x, tf.tensor1d([0, 1]), {}).shape)
    expect(shape).toEqual(x.shape)
  })

  it.each(variants)('names are unique, and the list is the same each time: %j %j', (...[options, context]) => {
    const make = () => unet(unetOptions(options), networkContext({ image, ...context })).parameters
    const names = make().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(make()).toEqual(make())
  })
})

// initial values go by the place in this list, and checkpoints by these names: neither may change
it('names and order of the parameters', () => {
  const { parameters } = unet(unetOptions({ channels: [8], attention: [0] }), full)
  const both = (layer: string) => [`${layer}.weight`, `${layer}.bias`]
  const block = (name: string, ...more: string[]) =>
    ['norm0', 'conv0', 'affine', 'norm1', 'conv1', ...more].flatMap(layer => both(`${name}.${layer}`))
  const attention = ['attention.norm', 'attention.qkv', 'attention.proj']
  expect(parameters.map(({ name }) => name)).toEqual([
    ...['time.linear0', 'time.linear1', 'weight.linear'].flatMap(both),
    'label.weight',
    ...both('in'),
    ...block('down0.block0', ...attention),
    ...block('middle.block0', ...attention),
    ...block('middle.block1'),
    ...block('up0.block0', 'skip'),
    ...block('up0.block1', 'skip', ...attention),
    ...['out.norm', 'out.conv'].flatMap(both),
  ])
})

describe('at the start of training', () => {
  it('the velocity is zero', () => {
    expect(largest(network.apply(freshTensors(network.parameters), xt, t, condition))).toBe(0)
  })

  it('the last convolution alone has a gradient there, so that training begins', () => {
    const fresh = freshTensors(network.parameters)
    const gradients = gradientsOf(
      (p, x) => tf.sum(tf.square(tf.sub(network.apply(p, x as tf.Tensor4D, t, condition), 1))),
      fresh,
      xt,
    )
    const moving = Object.keys(gradients).filter(name => largest(gradients[name] as tf.Tensor) > 0)
    expect(moving).toEqual(['out.conv.weight', 'out.conv.bias'])
  })
})

describe('once trained', () => {
  const moved = () => movedTensors(network.parameters)
  const velocity = (changes: { x?: tf.Tensor4D; t?: tf.Tensor1D } & DenoiserCondition = {}) => {
    const { x = xt, t: time = t, ...rest } = changes
    return network.apply(moved(), x, time, { ...condition, ...rest })
  }

  it('every parameter has a part in the velocity', () => {
    const slope = random(xt.shape, 9)
    const gradients = gradientsOf(
      (p, x) => tf.sum(tf.mul(network.apply(p, x as tf.Tensor4D, t, condition), slope)),
      moved(),
      xt,
    )
    const idle = Object.keys(gradients).filter(name => !(largest(gradients[name] as tf.Tensor) > 1e-4))
    expect(idle).toEqual([])
  })

  const first = (y: tf.Tensor) => tf.slice(y, 0, 1)
  const others = (y: tf.Tensor) => tf.slice(y, 1, 2)

  it.each([
    ['xt', { x: tf.concat([tf.add(tf.slice(xt, 0, 1), 0.1), tf.slice(xt, 1, 2)]) as tf.Tensor4D }],
    ['t', { t: tf.tensor1d([0.05, 0.4, 0.9]) }],
    ['the label', { label: tf.tensor1d([1, 2, 3], 'int32') }],
    ['w', { mixtureWeight: tf.tensor1d([0.9, 0.5, 1]) }],
  ])("%s moves its own image's velocity, and no other's", (_, changes) => {
    const [before, after] = [velocity(), velocity(changes)]
    expect(apart(first(before), first(after))).toBeGreaterThan(1e-3)
    expect(apart(others(before), others(after))).toBeLessThan(1e-6)
  })

  it('a batch is its images one by one', () => {
    const y = velocity()
    for (let i = 0; i < 3; i++) {
      const one = network.apply(moved(), tf.slice(xt, i, 1), tf.slice(t, i, 1), {
        label: tf.slice(condition.label as tf.Tensor1D, i, 1),
        mixtureWeight: tf.slice(condition.mixtureWeight as tf.Tensor1D, i, 1),
      })
      expect(apart(one, tf.slice(y, i, 1))).toBeLessThan(1e-5)
    }
  })

  it('no label given is the index behind the last class', () => {
    const none = tf.tensor1d([3, 3, 3], 'int32')
    expect(apart(velocity({ label: none }), velocity({ label: undefined }))).toBe(0)
  })

  it('a network without classes, or not conditioned on w, has no parameters for them', () => {
    const names = (changes: Partial<NetworkContext>) =>
      unet(unetOptions(), { ...full, ...changes }).parameters.map(({ name }) => name)
    const all = names({})
    expect(names({ classes: 0 })).toEqual(all.filter(name => name !== 'label.weight'))
    expect(names({ conditionOnWeight: false })).toEqual(all.filter(name => !name.startsWith('weight.')))
  })
})

it('a network that gives the image has the velocity that leads to it', () => {
  const moved = movedTensors(network.parameters)
  const image = network.apply(moved, xt, t, condition)
  const velocity = unet({ ...unetOptions(), output: 'image' }, full).apply(moved, xt, t, condition)
  const rest = tf.reshape(tf.tensor1d([1, 0.6, leastRest]), [3, 1, 1, 1])
  expect(apart(tf.add(xt, tf.mul(velocity, rest)), image)).toBeLessThan(1e-5)
})
