/** The proof of an export finds what it is there to find. */

import { networkPorts } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { NetworkGraph } from '../graph/network-graph.ts'
import { onnxBytes } from '../graph/onnx-bytes.ts'
import { checkParity } from './check-parity.ts'
import { compare } from './compare.ts'
import { batchSizes, imageCount, type Probe, probes } from './probes.ts'
import { type Outputs, referenceOutputs } from './reference.ts'

const labels = { count: 4 }
const ports = networkPorts({ image: { channels: 1, height: 2, width: 3 }, labels, source: null }).denoiser
const parameters = new Map([
  ['table', { shape: [5, 6], values: Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)) }],
])

type Apply = NetworkGraph['apply']

/** velocity = x · (1 + t) + table[label] */
const apply: Apply = ({ table }, { x, t, label }) => {
  const rows = tf.matMul(tf.cast(tf.oneHot(label as tf.Tensor1D, 5), 'float32') as tf.Tensor2D, table as tf.Tensor2D)
  const scaled = tf.mul(x!, tf.reshape(tf.add(t!, 1), [-1, 1, 1, 1]))
  return { velocity: tf.add(scaled, tf.reshape(rows, [-1, 1, 2, 3])) }
}
const network = (change: Partial<NetworkGraph> = {}): NetworkGraph => ({
  role: 'denoiser',
  ports,
  parameters,
  apply,
  ...change,
})

let inputs: readonly Probe[]
let expected: Outputs
beforeAll(async () => {
  inputs = probes(ports.inputs, labels)
  expected = await referenceOutputs(network(), inputs, {})
})

const distanceOf = async (wrong: Partial<NetworkGraph>) =>
  compare(await onnxBytes(network(wrong), { name: 'test', dtype: 'float32' }), { graph: network(), inputs, expected })

describe('probes', () => {
  const dataOf = (name: string) => [...probes(ports.inputs, labels).find(({ port }) => port.name === name)!.data]

  test('are as many images as the batches need, and always the same', () => {
    expect(imageCount).toBe(batchSizes.reduce<number>((a, b) => a + b, 0))
    expect(inputs.map(({ data }) => data.length)).toEqual([6 * imageCount, imageCount, imageCount])
    expect(probes(ports.inputs, labels)).toEqual(inputs)
  })

  test('hold both ends of time, the first and last class and no class', () => {
    expect(dataOf('t')).toEqual(expect.arrayContaining([0, 1]))
    expect(dataOf('label')).toEqual(expect.arrayContaining([0, labels.count - 1, labels.count]))
    expect(Math.max(...dataOf('label'))).toBe(labels.count)
  })

  test('of an encoder by label are classes only', () => {
    const kappa = { name: 'kappa', dtype: 'int32', dims: ['N'] } as const
    const [probe] = probes([kappa], labels)
    expect([...probe!.data].sort()[0]).toBe(0)
    expect(Math.max(...probe!.data)).toBe(labels.count - 1)
  })
})

describe('a graph', () => {
  test('of the network itself differs by rounding only', async () => {
    expect((await distanceOf({})).maxAbsError).toBeLessThan(1e-6)
  })

  test('whose images influence each other is detected', async () => {
    const leaking: Apply = (parameters, { x, ...rest }) =>
      apply(parameters, { x: tf.add(x!, tf.mul(tf.mean(x!, 0, true), 0.01)), ...rest })
    expect(await distanceOf({ apply: leaking })).toMatchObject({ batchSize: expect.any(Number), output: 'velocity' })
    expect((await distanceOf({ apply: leaking })).maxAbsError).toBeGreaterThan(1e-3)
  })

  test('that ignores the time, or treats no class as a class, is detected', async () => {
    const early: Apply = (parameters, { t, ...rest }) => apply(parameters, { t: tf.minimum(t!, 0.99), ...rest })
    expect((await distanceOf({ apply: early })).maxAbsError).toBeGreaterThan(1e-3)
    const classed: Apply = (parameters, { label, ...rest }) =>
      apply(parameters, { label: tf.minimum(label!, tf.scalar(3, 'int32')), ...rest })
    expect((await distanceOf({ apply: classed })).maxAbsError).toBeGreaterThan(1e-3)
  })

  test('with one parameter off by 1e-4 is detected; one that gives NaN is infinitely far', async () => {
    const values = parameters.get('table')!.values.map((value, i) => (i === 24 ? value + 1e-4 : value))
    const moved = new Map([['table', { shape: [5, 6], values }]])
    const { maxAbsError } = await distanceOf({ parameters: moved })
    expect(maxAbsError).toBeGreaterThan(0.9e-4)
    expect(maxAbsError).toBeLessThan(1.1e-4)
    const broken: Apply = (parameters, inputs) => ({
      velocity: tf.log(tf.neg(tf.abs(apply(parameters, inputs).velocity!))),
    })
    expect((await distanceOf({ apply: broken })).maxAbsError).toBe(Number.POSITIVE_INFINITY)
  })

  test('with other inputs or outputs than the manifest’s is refused', async () => {
    const renamed: Apply = (parameters, inputs) => ({ v: apply(parameters, inputs).velocity! })
    await expect(distanceOf({ apply: renamed })).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    const outputs = [{ name: 'velocity', dtype: 'float32', dims: ['N', 2, 3, 1] }] as const
    const turned: Apply = (parameters, inputs) => ({
      velocity: tf.transpose(apply(parameters, inputs).velocity!, [0, 2, 3, 1]),
    })
    await expect(distanceOf({ apply: turned, ports: { ...ports, outputs } })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('velocity float32 [N, 2, 3, 1]'),
    })
  })
})

describe('checkParity', () => {
  const verdict = async (limits: { float32: number; float16: number }) => {
    const graph = network()
    const float32 = await onnxBytes(graph, { name: 'test', dtype: 'float32' })
    const float16 = await onnxBytes(graph, { name: 'test', dtype: 'float16' })
    return checkParity([{ graph, bytes: { float32, float16 } }], { labels, limits, signal: undefined, onProgress() {} })
  }

  test('returns the measured difference and the limit, by precision', async () => {
    const limits = { float32: 1e-6, float16: 1e-3 }
    const { float32, float16 } = await verdict(limits)
    expect(float32).toEqual({ maxAbsError: expect.any(Number), limit: 1e-6 })
    // half of the spacing of float16 between ½ and 1 is the most that a number below 1 can move
    expect(float16.maxAbsError).toBeGreaterThan(1e-5)
    expect(float16.maxAbsError).toBeLessThanOrEqual(2 ** -12 + 1e-6)
    expect(float16.limit).toBe(1e-3)
  })

  test('fails above the limit', async () => {
    await expect(verdict({ float32: 1, float16: 1e-6 })).rejects.toMatchObject({
      code: 'EXPORT_PARITY',
      details: { dtype: 'float16', role: 'denoiser', output: 'velocity', limit: 1e-6 },
    })
  })
})
