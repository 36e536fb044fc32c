/**
 * The cold start: a new process that imports the SDK, loads the model, samples one image with one evaluation, and exits, compared with one
 * that does the same with ONNX Runtime alone.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'

const scripts = {
  sdk: `
    import { loadModel } from '@mixflow/sdk-node'
    const model = await loadModel(process.argv[1], { device: 'cpu' })
    const { images } = await model.sample({ count: 1, seed: 7, label: 3, steps: 1, guidance: 0, solver: 'heun' })
    await model.dispose()
    console.log(JSON.stringify([...images[0].data]))
  `,
  bare: `
    import { readFile } from 'node:fs/promises'
    import { normals } from '@mixflow/core'
    import { InferenceSession, Tensor } from 'onnxruntime-node'
    const options = { executionProviders: ['cpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3 }
    const session = await InferenceSession.create(await readFile(process.argv[1] + '/denoiser.onnx'), options)
    const noise = normals({ seed: 7, stream: 'noise', images: 1, elementsPerImage: 784 })
    const { velocity } = await session.run({
      x: new Tensor('float32', noise, [1, 1, 28, 28]),
      t: new Tensor('float32', [0], [1]),
      label: new Tensor('int32', [3], [1]),
    })
    await session.release()
    console.log(JSON.stringify([...noise.map((value, i) => value + velocity.data[i])]))
  `,
}

/** The scripts resolve packages from here. */
const cwd = fileURLToPath(new URL('../..', import.meta.url))

async function processOf(script: keyof typeof scripts, folder: string): Promise<Work> {
  const args = ['--input-type=module', '--eval', scripts[script], folder]
  return async () => {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
    return { amount: 1, result: () => JSON.parse(stdout) as number[] }
  }
}

export const coldStart = (folder: () => Promise<string>): readonly Comparison[] => [
  {
    workload: 'cold-start',
    peer: 'onnxruntime',
    unit: 'starts',
    ours: async () => processOf('sdk', await folder()),
    theirs: async () => processOf('bare', await folder()),
    tolerance: 1e-4,
  },
]
