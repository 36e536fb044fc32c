/** The bare loop over a model folder, in Node: a session with the options that the SDK opens it with. */

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
