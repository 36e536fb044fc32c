/**
 * From a model folder to the first image, as one evaluation: `loadModel`, which reads the manifest and verifies the file
 * against its sha256, against reading the file and opening a session. The modules are imported beforehand on both sides.
 */

import { loadModel } from '@mixflow/sdk-node'
import { bareSampler } from '../bare-sampler.ts'
import type { Comparison } from '../compare.ts'

const wanted = { count: 1, seed: 7, label: 3, steps: 1, guidance: 0 } as const

export const load = (folder: () => Promise<string>): readonly Comparison[] => [
  {
    workload: 'load',
    peer: 'onnxruntime',
    unit: 'loads',
    ours: async () => {
      const path = await folder()
      return async () => {
        await using model = await loadModel(path)
        const { images } = await model.sample({ ...wanted, solver: 'heun' })
        return { amount: 1, result: () => images[0]?.data ?? [] }
      }
    },
    theirs: async () => {
      const path = await folder()
      return async () => {
        const sampler = await bareSampler(path)
        const image = await sampler.sample(wanted)
        await sampler.release()
        return { amount: 1, result: () => image }
      }
    },
    tolerance: 1e-4,
  },
]
