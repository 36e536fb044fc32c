/**
 * Sampling with sdk-node, compared with a hand-written loop over ONNX Runtime: the cost of the SDK's checks, generality and scheduling.
 * Batches of 16 digits at 5 NFE, without guidance and with it, which doubles the network calls.
 */

import { loadModel } from '@mixflow/sdk-node'
import { bareSampler } from '../bare-sampler.ts'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'

const [count, steps, nfe] = [16, 3, 5]
const label = 3

async function sdk(folder: string, guidance: number): Promise<Work> {
  const model = await loadModel(folder)
  let seed = 0
  return async () => {
    const request = { count, batchSize: count, seed: seed++, label, nfe, guidance, solver: 'heun' } as const
    const { images } = await model.sample(request)
    return { amount: count, result: () => images.flatMap(({ data }) => [...data]) }
  }
}

async function bare(folder: string, guidance: number): Promise<Work> {
  const sampler = await bareSampler(folder)
  let seed = 0
  return async () => {
    const images = await sampler.sample({ count, seed: seed++, label, steps, guidance })
    return { amount: count, result: () => images }
  }
}

export const sampling = (folder: () => Promise<string>): readonly Comparison[] =>
  [0, 1].map(guidance => ({
    workload: guidance === 0 ? 'sampling' : 'sampling-guided',
    peer: 'onnxruntime',
    unit: 'images',
    ours: async () => sdk(await folder(), guidance),
    theirs: async () => bare(await folder(), guidance),
    tolerance: 1e-4,
  }))
