/**
 * From a model folder to the first image with one evaluation: `loadModel`, which reads the manifest and verifies the file by its SHA-256,
 * compared with reading the file and opening a session. Modules are imported beforehand on both sides.
 */

import { loadModel } from '@mixflow/sdk-node'
import { bareSampler } from '../bare-sampler.ts'
import type { Comparison } from '../compare.ts'

const request = { count: 1, seed: 7, label: 3, steps: 1, guidance: 0 } as const

export const load = (folder: () => Promise<string>): readonly Comparison[] => [
  {
    workload: 'load',
    peer: 'onnxruntime',
    unit: 'loads',
    ours: async () => {
      const path = await folder()
      return async () => {
        await using model = await loadModel(path)
        const { images } = await model.sample({ ...request, solver: 'heun' })
        return { amount: 1, result: () => images[0]?.data ?? [] }
      }
    },
    theirs: async () => {
      const path = await folder()
      return async () => {
        const sampler = await bareSampler(path)
        const image = await sampler.sample(request)
        await sampler.release()
        return { amount: 1, result: () => image }
      }
    },
    tolerance: 1e-4,
  },
]
