/** One run, whatever computes it: the same losses, nothing left behind, and a run that goes on elsewhere. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLibrary } from '@mixflow/tfjs-torch'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { nativeTensorflow } from '../fixtures/native-tensorflow.ts'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { trainSteps } from '../fixtures/train-steps.ts'
import { readRun } from '../loop/run-folder.ts'
import { train } from '../loop/train-loop.ts'
import { torchFolders } from './torch/set-up-torch.ts'
import { type BackendName, useBackend } from './use-backend.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-backends-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const native = await nativeTensorflow()
const libtorch = await findLibrary({ folders: torchFolders() }).catch(() => null)
if (libtorch === null) console.warn('libtorch is not installed (pip install torch): its training tests are skipped')
const data = tinyData()

/** The losses of some steps, and the number of tensors after each. */
async function steps(backend: BackendName, count: number, dtype?: 'bfloat16') {
  await useBackend({ backend, dtype })
  const tensors: number[] = []
  const { losses } = await trainSteps(tinyConfig({ warmupImages: 0 }), data, {
    count,
    onStep: () => tensors.push(tf.memory().numTensors),
  })
  return { losses, tensors }
}

const others: readonly BackendName[] = [
  'wasm',
  ...(native ? ['tfjs-node' as const] : []),
  ...(libtorch ? ['torch' as const] : []),
]
const onnx = steps('onnx', 50)

describe.each(others)('%s', backend => {
  it('has the losses of onnx to 4 digits over 50 steps, and leaks no tensor', async () => {
    const { losses: expected, tensors: onOnnx } = await onnx
    const { losses, tensors } = await steps(backend, 50)
    const apart = losses.map((loss, i) => Math.abs(loss / (expected[i] as number) - 1))
    expect(Math.max(...apart)).toBeLessThan(5e-5)
    expect(expected[49]).toBeLessThan(0.9 * (expected[0] as number))
    expect(new Set(tensors.slice(1)).size).toBe(1)
    expect(new Set(onOnnx.slice(1)).size).toBe(1)
  })
})

describe.skipIf(libtorch === null)('torch', () => {
  it('has losses in bfloat16 within 1 % of those in float32', async () => {
    const { losses: exact } = await onnx
    const { losses } = await steps('torch', 50, 'bfloat16')
    const apart = losses.map((loss, i) => Math.abs(loss / (exact[i] as number) - 1))
    expect(Math.max(...apart)).toBeLessThan(0.01)
    expect(Math.max(...apart)).toBeGreaterThan(1e-6)
  })

  it('trains a run that onnx resumes, and torch again in bfloat16, with notes', async () => {
    const folder = join(root, 'torch')
    const config = tinyConfig({ totalImages: 60 })
    const notes: string[] = []
    const onEvent: Parameters<typeof train>[0]['onEvent'] = event => {
      if (event.type === 'note' && event.text.includes('so far')) notes.push(event.text)
    }
    const { text, device } = await useBackend({ backend: 'torch', device: 'cpu' })
    expect(text).toMatch(/^CPU, \d+ cores \(torch \d+\.\d+\)$/)
    expect(device).toBe('cpu')
    expect((await train({ config, data, folder })).outcome).toBe('finished')
    expect((await readRun(folder)).backend).toBe('torch')
    await useBackend({ backend: 'onnx' })
    const second = await train({ config: { ...config, totalImages: 120 }, data, folder, resume: true, onEvent })
    expect(second.imagesSeen).toBe(120)
    expect(await useBackend({ backend: 'torch', dtype: 'bfloat16' })).toMatchObject({ dtype: 'bfloat16' })
    const third = await train({ config: { ...config, totalImages: 180 }, data, folder, resume: true, onEvent })
    expect(third.imagesSeen).toBe(180)
    expect(await readRun(folder)).toMatchObject({ backend: 'torch', dtype: 'bfloat16' })
    expect(notes).toEqual([
      'this run was trained on torch so far: on onnx its results differ by rounding',
      expect.stringMatching(
        /^this run was trained on onnx so far: on torch \((\w+, )?bfloat16\) its results differ by /,
      ),
    ])
  })
})

describe.skipIf(!native)('tfjs-node', () => {
  it('trains a run that onnx resumes, with a note', async () => {
    const folder = join(root, 'run')
    const config = tinyConfig({ totalImages: 60 })
    const { text } = await useBackend({ backend: 'tfjs-node' })
    const devices: string[] = []
    const notes: string[] = []
    const onEvent: Parameters<typeof train>[0]['onEvent'] = event => {
      if (event.type === 'start') devices.push(event.device)
      if (event.type === 'note') notes.push(event.text)
    }
    const first = await train({ config, data, folder, onEvent })
    expect(first.outcome).toBe('finished')
    expect(devices).toEqual([text])
    expect(text).toMatch(/^CPU, \d+ cores \(tfjs-node, TensorFlow \d+\.\d+\.\d+\)$/)
    expect((await readRun(folder)).backend).toBe('tfjs-node')
    expect(process.env.TF_FORCE_GPU_ALLOW_GROWTH).toBe('true')

    await useBackend({ backend: 'onnx' })
    const longer = { ...config, totalImages: 120 }
    const second = await train({ config: longer, data, folder, resume: true, onEvent })
    expect(second.imagesSeen).toBe(120)
    expect(notes).toEqual([
      expect.stringMatching(/^120 images instead of 60: the learning rate changes from /),
      expect.stringMatching(/was trained on tfjs-node so far: on onnx its results differ by rounding/),
    ])
    expect((await readRun(folder)).backend).toBe('onnx')
  })
})

it('refuses unknown backends, and threads for backends without that option', async () => {
  await expect(useBackend({ backend: 'tfjs' as never })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ device: 'gpu' as never })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ backend: 'wasm', device: 'cpu' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ thread: 2 } as never)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ backend: 'wasm', threads: 2 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ backend: 'onnx', dtype: 'bfloat16' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ backend: 'onnx', device: 'mps' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(useBackend({ backend: 'torch', device: 'webgpu' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
})

it('is onnx by default if no GPU is set up', async () => {
  expect(await useBackend()).toMatchObject({
    backend: 'onnx',
    text: expect.stringMatching(/^CPU, \d+ cores \(onnx\)$/),
  })
})
