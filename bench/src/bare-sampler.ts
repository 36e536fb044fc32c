/** The hand-written sampler on a model folder in Node, with the session options of the SDK. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { bareLoop } from './bare-loop.ts'

export async function bareSampler(folder: string) {
  const session = await InferenceSession.create(await readFile(join(folder, 'denoiser.onnx')), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
  return { sample: bareLoop({ Tensor }, session), release: () => session.release() }
}
