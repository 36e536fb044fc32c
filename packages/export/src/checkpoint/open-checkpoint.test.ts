/** Which checkpoint a path means, and that a damaged one is never taken for a whole one. */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Checkpoint,
  checkpointFileName,
  float32Values,
  parseSafetensors,
  storedTensor,
  writeSafetensors,
} from '@mixflow/core/internal'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Folder, temporaryFolder, tinyCheckpoint, writeFiles } from '../fixtures/tiny-checkpoint.ts'
import { networkGraphs } from '../graph/network-graph.ts'
import { openCheckpoint } from './open-checkpoint.ts'

let root: Folder
beforeEach(async () => {
  root = await temporaryFolder()
})
afterEach(() => root[Symbol.asyncDispose]())

const files = tinyCheckpoint()
const step = (number: number) => join(root.path, 'checkpoints', `step-${String(number).padStart(9, '0')}`)
const damage = async (folder: string, name: string) => {
  const bytes = await readFile(join(folder, name))
  bytes[bytes.length - 1]! ^= 1
  await writeFile(join(folder, name), bytes)
}
const reason = (expected: string) => ({
  code: 'CHECKPOINT_INVALID',
  details: expect.objectContaining({ reason: expected }),
})

describe('a checkpoint folder', () => {
  test('is read: the record, and the moving average', async () => {
    const opened = await openCheckpoint(await writeFiles(root.path, files))
    expect(opened).toMatchObject({ folder: root.path, run: null, weights: 'ema', damaged: [] })
    const ema = parseSafetensors(files.get('ema.safetensors')!).tensors
    expect([...opened.tensors.keys()].sort()).toEqual([...ema.keys()].sort())
    const [read, reference] = [opened.tensors, ema].map(tensors => float32Values(tensors.get('denoiser.in.weight')!))
    expect(read).toEqual(reference)
  })

  test('needs neither the optimizer’s state nor the weights beside the moving average', async () => {
    await writeFiles(root.path, files)
    await damage(root.path, 'optimizer.safetensors')
    await rm(join(root.path, 'weights.safetensors'))
    expect((await openCheckpoint(root.path)).weights).toBe('ema')
  })

  test.each(['ema.safetensors', checkpointFileName])('is refused without %s', async name => {
    await writeFiles(root.path, files)
    await rm(join(root.path, name))
    const code = name === checkpointFileName ? { code: 'CHECKPOINT_NOT_FOUND' } : reason('file-missing')
    await expect(openCheckpoint(root.path)).rejects.toMatchObject(code)
  })

  test('is refused with one byte changed, cut off or added', async () => {
    await writeFiles(root.path, files)
    await damage(root.path, 'ema.safetensors')
    await expect(openCheckpoint(root.path)).rejects.toMatchObject(reason('file-hash'))
    const ema = files.get('ema.safetensors')!
    await writeFile(join(root.path, 'ema.safetensors'), ema.subarray(1))
    await expect(openCheckpoint(root.path)).rejects.toMatchObject(reason('file-size'))
    await writeFile(join(root.path, 'ema.safetensors'), Buffer.concat([ema, Uint8Array.of(0)]))
    await expect(openCheckpoint(root.path)).rejects.toMatchObject(reason('file-size'))
    await rm(join(root.path, 'ema.safetensors'))
    await mkdir(join(root.path, 'ema.safetensors'))
    await expect(openCheckpoint(root.path)).rejects.toMatchObject(reason('file-missing'))
  })

  test.each([
    ['not JSON', '{'],
    ['another format', '{"format":"mixflow-model","version":1}'],
  ])('is refused with a record that is %s', async (_, text) => {
    await writeFiles(root.path, new Map([...files, [checkpointFileName, new TextEncoder().encode(text)]]))
    await expect(openCheckpoint(root.path)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' })
  })
})

describe('a run', () => {
  const sizes = [
    { number: 90, change: { step: 90 } },
    { number: 200, change: { step: 200 } },
    { number: 1_000_000_000, change: { step: 1_000_000_000 } },
  ]
  beforeEach(async () => {
    for (const { number, change } of sizes) await writeFiles(step(number), tinyCheckpoint({ change }))
    await mkdir(join(step(1), '..', '.tmp-7-step-000000300'))
  })

  test('means its newest checkpoint, by number', async () => {
    const opened = await openCheckpoint(root.path)
    expect(opened).toMatchObject({ folder: step(1_000_000_000), run: root.path, damaged: [] })
    expect(opened.record.step).toBe(1_000_000_000)
  })

  test('passes over damaged ones and says so', async () => {
    await damage(step(1_000_000_000), 'ema.safetensors')
    await rm(join(step(200), checkpointFileName))
    const { record, damaged } = await openCheckpoint(root.path)
    expect(record.step).toBe(90)
    expect(damaged.map(({ folder, error }) => [folder, error.details.reason])).toEqual([
      [step(1_000_000_000), 'file-hash'],
      [step(200), 'file-missing'],
    ])
  })

  test('is refused when all are damaged', async () => {
    for (const { number } of sizes) await damage(step(number), 'ema.safetensors')
    await expect(openCheckpoint(root.path)).rejects.toMatchObject({
      ...reason('file-hash'),
      message: expect.stringMatching(/^all 3 checkpoints of .* are damaged/),
    })
  })

  test('is known from one of its checkpoints, if it is one', async () => {
    expect((await openCheckpoint(step(90))).run).toBeNull()
    await writeFile(join(root.path, 'config.json'), '{}')
    expect((await openCheckpoint(step(90))).run).toBe(root.path)
  })
})

test('anything else is no checkpoint', async () => {
  const file = join(root.path, 'file')
  await writeFile(file, '')
  await mkdir(join(root.path, 'empty', 'checkpoints'), { recursive: true })
  for (const path of [join(root.path, 'nowhere'), file, join(root.path, 'empty')]) {
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND', details: { path } })
  }
})

test('an abort is no damage', async () => {
  await writeFiles(step(1), files)
  await expect(openCheckpoint(root.path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
})

describe('tensors that are not the networks’', () => {
  const read = parseSafetensors(files.get('ema.safetensors')!).tensors
  const record = JSON.parse(new TextDecoder().decode(files.get(checkpointFileName))) as Checkpoint
  const open = (
    change: (tensors: Map<string, ReturnType<typeof storedTensor>>) => void,
    part: Partial<Checkpoint> = {},
  ) => {
    const tensors = new Map(read)
    change(tensors)
    return () =>
      networkGraphs({
        record: { ...record, ...part },
        tensors: parseSafetensors(writeSafetensors({ tensors })).tensors,
      })
  }
  const bias = 'denoiser.in.bias'

  test('fit as they are, also in half precision', () => {
    expect(open(() => {})).not.toThrow()
    expect(
      open(tensors => tensors.set(bias, storedTensor(new Float32Array(8).fill(0.5), [8], { dtype: 'BF16' }))),
    ).not.toThrow()
  })

  test.each([
    ['tensor-missing', (t: Map<string, unknown>) => t.delete(bias)],
    ['tensor-unknown', (t: Map<string, unknown>) => t.set('encoder.extra', storedTensor(new Float32Array(1), [1]))],
    ['tensor-shape', (t: Map<string, unknown>) => t.set(bias, storedTensor(new Float32Array(4), [4]))],
    ['tensor-shape', (t: Map<string, unknown>) => t.set(bias, storedTensor(new Float32Array(8), [8, 1]))],
    ['tensor-dtype', (t: Map<string, unknown>) => t.set(bias, storedTensor(new Float64Array(8), [8]))],
    ['tensor-value', (t: Map<string, unknown>) => t.set(bias, storedTensor(new Float32Array(8).fill(Number.NaN), [8]))],
  ] as const)('%s', (expected, change) => {
    expect(open(change as never)).toThrow(expect.objectContaining(reason(expected)))
  })

  test('nor networks that the zoo does not have', () => {
    const networks = { ...record.networks, denoiser: { ...record.networks.denoiser, kind: 'unett' } }
    expect(open(() => {}, { networks })).toThrow(
      expect.objectContaining({
        ...reason('network'),
        message: expect.stringMatching(/denoiser cannot be built: .*unett/),
      }),
    )
  })
})
