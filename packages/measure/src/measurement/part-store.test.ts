import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { afterAll, describe, expect, it } from 'vitest'
import type { SamplesPart } from './part.ts'
import { folderStore } from './part-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'mixflow-parts-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const store = folderStore(folder)

const part: SamplesPart = { kind: 'samples', setting: {}, batchSize: 2, seed: 0, firstImage: 0, images: 2 }
const result = {
  features: Float32Array.of(1, 2, 3, 4),
  logits: null,
  labels: Int32Array.of(7, 1),
  nfe: 3,
  steps: 2,
}

describe('stored results', () => {
  it('are read back, and a damaged file is refused with its path and a remedy', async () => {
    await store.write('key', part, result)
    expect(await store.read('key', part)).toEqual(result)
    const path = join(folder, 'parts', 'key', '000000000.safetensors')
    expect(await readdir(join(folder, 'parts', 'key'))).toEqual(['000000000.safetensors'])
    const whole = await readFile(path)
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length))
      await expect(store.read('key', part)).rejects.toMatchObject({
        code: 'STATISTICS_INVALID',
        message: expect.stringContaining(path),
        hint: expect.stringContaining(`delete ${path}`),
      })
    }
    // another dtype, another number of values
    await store.write('key', part, { ...result, labels: Float32Array.of(7, 1) as never })
    await expect(store.read('key', part)).rejects.toThrow('has no I32 tensor "labels"')
    await store.write('key', part, { ...result, features: Float32Array.of(1, 2, 3) })
    await expect(store.read('key', part)).rejects.toThrow('has 3 values of features for 2 images')
  })

  it('a truncated file of measures is refused likewise', async () => {
    expect(await store.finished('range')).toBeNull()
    await store.finish('range', { images: 2, frechet: 1.5 })
    expect(await store.finished('range')).toEqual({ images: 2, frechet: 1.5 })
    const path = join(folder, 'measured', 'range.json')
    const whole = await readFile(path)
    for (const length of [0, 1, 8, 20]) {
      await writeFile(path, whole.subarray(0, length))
      const error = await store.finished('range').catch(thrown => thrown)
      expect(MixflowError.is(error) && [error.code, error.hint]).toEqual([
        'STATISTICS_INVALID',
        `delete ${path}, so that this range of images is measured again`,
      ])
    }
  })
})
