/**
 * A training step of the quick start: its networks and a batch of its digits with all random draws, forward, backward, clipping, Adam and
 * EMA. Ours is compiled to ONNX graphs; the peers are tfjs's backends, which run the same code kernel by kernel.
 */

import { dataFacts, openData, resolveConfig } from '@mixflow/train'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'
import { stepper } from '../stepper.ts'
import { type BackendName, onBackend } from '../tfjs-backends.ts'

/** Without warm-up: at tiny learning rates all backends agree trivially. */
const noWarmup = 'warmupImages=0'

async function stepping(backend: BackendName, set: readonly string[] = []): Promise<Work> {
  const { config } = resolveConfig({ preset: 'quickstart', set: [noWarmup, ...set] })
  const data = await openData(config.data)
  await onBackend(backend)
  const step = stepper(config, dataFacts(data), data)
  return async () => {
    await onBackend(backend)
    const found = await step()
    return { amount: config.batchSize, result: () => found }
  }
}

const shared = { workload: 'train-step', unit: 'images', ours: () => stepping('onnx') } as const

/** Plain JavaScript takes seconds per image, for any batch size. */
const oneByOne = ['batchSize=1']

export const trainStepping = (): readonly Comparison[] => [
  { ...shared, peer: 'tfjs-wasm', theirs: () => stepping('wasm'), tolerance: 1e-3 },
  // requires `mixflow setup tensorflow`
  { ...shared, peer: 'tfjs-node', theirs: () => stepping('tfjs-node'), tolerance: 1e-3 },
  // requires `mixflow setup torch`
  { ...shared, peer: 'tfjs-torch', theirs: () => stepping('torch'), tolerance: 1e-3 },
  {
    ...shared,
    peer: 'tfjs-cpu',
    theirs: () => stepping('cpu', oneByOne),
    pace: { warmUps: 1, seconds: 0, leastRounds: 2 },
  },
]
