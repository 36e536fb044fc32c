/** A model with the networks of the quick start, trained for a few steps and exported. The speed of sampling does not depend on training. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportModel } from '@mixflow/export'
import { openData, resolveConfig, train } from '@mixflow/train'
import { onBackend } from './tfjs-backends.ts'

export interface ModelFolder extends AsyncDisposable {
  readonly path: string
}

const settings = ['totalImages=256', 'warmupImages=64']

/** Disposing deletes the folder. */
export async function quickstartModel(): Promise<ModelFolder> {
  const root = await mkdtemp(join(tmpdir(), 'mixflow-bench-'))
  const dispose = () => rm(root, { recursive: true, force: true })
  try {
    const { config, preset } = resolveConfig({ preset: 'quickstart', set: settings })
    await onBackend('onnx')
    const { checkpoint } = await train({ config, preset, data: await openData(config.data), folder: join(root, 'run') })
    const path = join(root, 'model')
    await exportModel({ checkpoint, out: path })
    return { path, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
