/** A run that starts from the parameters of another one. */

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { beforeAll, expect, it } from 'vitest'
import { checkpointsFolder, latestCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { testFolder } from '../fixtures/test-folder.ts'
import { checkpointFiles, tensorBytes, tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { readRun } from './run-folder.ts'
import { train } from './train-loop.ts'

beforeAll(async () => void (await useOnnxBackend({ threads: 1 })))

let root: string
testFolder(folder => {
  root = folder
})
const [first, second] = [tinyData(5), tinyData(6)]
const config = tinyConfig({ totalImages: 24 })
const finer = tinyConfig({ totalImages: 24, learningRate: 1e-12 })

const newest = async (folder: string) => (await latestCheckpoint(folder))!

it('begins at step 0 with the parameters and the moving average of the checkpoint, on other images', async () => {
  const [before, after] = [join(root, 'before'), join(root, 'after')]
  await train({ config, data: first, folder: before })
  const result = await train({ config: finer, data: second, folder: after, from: before })
  expect(result).toMatchObject({ outcome: 'finished', imagesSeen: 24 })
  expect(await readRun(after)).toMatchObject({ from: before })
  const [old, now] = [await newest(before), await newest(after)]
  for (const role of ['weights', 'ema'] as const) {
    for (const [name, { bytes }] of old.tensors[role]) {
      const values = (x: Uint8Array) => new Float32Array(x.slice().buffer)
      const initial = values(bytes)
      const apart = values(now.tensors[role].get(name)!.bytes).map((x, i) => Math.abs(x - initial[i]!))
      expect(Math.max(...apart)).toBeLessThan(role === 'weights' ? 1e-6 : 0.1)
    }
  }
  expect(now.record.step).toBe(4)
})

it('takes a checkpoint of parameters alone, and begins from it again after a kill before its first checkpoint', async () => {
  const [before, imported, after, killed] = ['before', 'imported', 'after', 'killed'].map(name => join(root, name)) as [
    string,
    string,
    string,
    string,
  ]
  await train({ config, data: first, folder: before })
  const { record, tensors } = await newest(before)
  const { files: _, ...rest } = record
  const values = new Map(
    [...tensors.ema].map(([name, { shape, bytes }]) => [name, { shape, data: new Float32Array(bytes.slice().buffer) }]),
  )
  await writeCheckpoint(
    imported,
    { record: rest, tensors: { weights: new Map(), ema: values, optimizer: new Map() } },
    1,
  )
  await train({ config, data: second, folder: after, from: imported })
  await cp(after, killed, { recursive: true })
  await rm(checkpointsFolder(killed), { recursive: true })
  await train({ config, data: second, folder: killed, resume: true })
  const [one, other] = [await newest(after), await newest(killed)]
  expect(checkpointFiles).toHaveLength(3)
  expect(tensorBytes(other.folder)).toEqual(tensorBytes(one.folder))
})

it('refuses other networks, and writes nothing then', async () => {
  const [before, after] = [join(root, 'before'), join(root, 'after')]
  await train({ config, data: first, folder: before })
  const options = { patchSize: 2, channels: [16], blocks: 1, attention: [], headChannels: 8 }
  const wider = tinyConfig({ denoiser: { kind: 'unet', options } })
  await expect(train({ config: wider, data: first, folder: after, from: before })).rejects.toMatchObject({
    code: 'CHECKPOINT_INVALID',
  })
  await expect(readRun(after)).rejects.toMatchObject({ code: 'TRAIN_RESUME_MISMATCH' })
})
