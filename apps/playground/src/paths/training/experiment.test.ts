/** The flows of the page, trained with the same code on the backend for Node. */
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { experiment } from './experiment.ts'
import type { Settings } from './run.ts'
import { measuredSteps, type Snapshot } from './run.ts'

const settings: Settings = { shape: 'moons', drawing: '', seed: 1, klWeight: 0.05, weight: 'uniform' }

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

async function after(steps: number, changes: Partial<Settings> = {}): Promise<Snapshot> {
  const run = experiment({ ...settings, ...changes })
  for (let i = 0; i < steps; i++) run.train()
  const snapshot = await run.measure()
  run.dispose()
  return snapshot
}

it('MixFlow has straighter paths, and one or two steps come closer to the data', async () => {
  const { step, flows } = await after(100)
  const { mixflow, 'rectified-flow': plain } = flows
  expect(step).toBe(100)
  expect(mixflow.curvature).toBeLessThan(0.5 * plain.curvature)
  for (const i of [0, 1]) expect(mixflow.distances[i]).toBeLessThan(0.7 * plain.distances[i]!)
})

it('the same seed gives the same snapshots, another seed others', async () => {
  const [one, same, other] = [await after(4), await after(4), await after(4, { seed: 2 })]
  expect(same).toEqual(one)
  expect(other.flows.mixflow.distances).not.toEqual(one.flows.mixflow.distances)
})

it('paths start at the same noise and have a state for each step; all tensors are disposed of', async () => {
  const before = tf.memory().numTensors
  const { flows } = await after(1)
  expect(tf.memory().numTensors).toBe(before)
  const { mixflow, 'rectified-flow': plain } = flows
  expect(mixflow.paths.map(states => states.length)).toEqual([2, 3, 5, 9, 33])
  expect(mixflow.paths.map(([first]) => first)).toEqual(plain.paths.map(([first]) => first))
  expect(mixflow.distances.length).toBe(measuredSteps.length)
  expect(plain.gaussian).toBeNull()
  expect(mixflow.gaussian?.mean.length).toBe(280)
})

it('with w = 0 in training, the source is plain noise and both flows have the same denoiser', async () => {
  const { mixflow, 'rectified-flow': plain } = (await after(3, { weight: 'zero' })).flows
  mixflow.field[4]!.forEach((value, i) => void expect(value).toBeCloseTo(plain.field[4]![i]!, 4))
})
