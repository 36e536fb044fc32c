/** The list of models that the build writes: names, URLs and baselines. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smallModel } from '@mixflow/test-model'
import { expect, it } from 'vitest'
import { findModels, indexOf } from '../../models.ts'

const source = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: false,
  klWeight: 0,
} as const

it('lists folders with a manifest and their baselines; models with a baseline first, small ones first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-models-'))
  try {
    const put = async (path: string, options: Parameters<typeof smallModel>[0]) => {
      await mkdir(join(folder, path), { recursive: true })
      for (const [name, bytes] of await smallModel(options)) await writeFile(join(folder, path, name), bytes)
    }
    await put('alone', { source })
    await put('digits', { source, classes: 3 })
    await put('digits-rectified-flow', { classes: 3 })
    await put('faces', { source, half: true })
    await put('faces/rectified-flow', {})
    await put('letters', { source, classes: 3 })
    await writeFile(join(folder, 'letters', 'quality.json'), JSON.stringify({ baseline: { name: '@you/model-plain' } }))
    await writeFile(join(folder, 'digits-rectified-flow', 'package.json'), JSON.stringify({ name: '@you/model-plain' }))
    await mkdir(join(folder, 'no-model'))
    const { models } = indexOf(findModels(folder))
    expect(models.map(({ name, baseline }) => [name, baseline])).toEqual([
      ['faces', 'faces-rectified-flow'],
      ['digits', 'digits-rectified-flow'],
      ['letters', 'digits-rectified-flow'],
      ['alone', null],
      ['faces-rectified-flow', null],
      ['digits-rectified-flow', null],
    ])
    const sizes = models.map(({ bytes }) => bytes)
    expect(sizes.slice(0, 3)).toEqual([...sizes.slice(0, 3)].sort((a, b) => a - b))
    expect(models.at(-2)?.address).toBe('faces/rectified-flow/mixflow.json')
    expect(models[1]).toMatchObject({ kappa: 'image', labels: { count: 3 }, image: { height: 6, width: 4 } })
    expect(indexOf(findModels(join(folder, 'nowhere'))).models).toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
})
