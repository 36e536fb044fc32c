import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PresetName, presets } from '@mixflow/zoo'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../terminal/errors.ts'
import { planRun, presetFor, type RunRequest } from './plan-run.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mixflow-plan-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const plan = (request: Partial<RunRequest>) => planRun({ set: [], runs: root, resume: false, ...request })

/** A run, last modified at `time`, in seconds. */
function existing(name: string, preset: PresetName, { time = 1, totalImages = 1000 } = {}): string {
  const folder = join(root, name)
  mkdirSync(folder)
  const config = { ...presets[preset].config, totalImages }
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ preset, config, command: `mixflow train ${preset}` }))
  utimesSync(join(folder, 'config.json'), time, time)
  return folder
}

describe('a resumed run', () => {
  it('uses the recorded backend, if the command knows it', async () => {
    const folder = existing('mnist', 'mnist')
    expect((await plan({ target: folder, resume: true })).backend).toBeUndefined()
    const record = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    const resumed = async (where: object) => {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...record, ...where }))
      return (await plan({ target: folder, resume: true })).backend
    }
    expect(await resumed({ backend: 'onnx', device: 'cuda' })).toEqual({ backend: 'onnx', device: 'cuda' })
    expect(await resumed({ backend: 'tfjs-node' })).toEqual({ backend: 'tfjs-node' })
    const torch = { backend: 'torch', device: 'cuda', dtype: 'bfloat16' }
    expect(await resumed(torch)).toEqual(torch)
    expect(await resumed({ backend: 'my-own' })).toBeUndefined()
  })
})

describe('a new run', () => {
  it('has a preset and a new folder', async () => {
    const first = await plan({ target: 'mnist' })
    expect(first).toEqual({
      preset: 'mnist',
      config: presets.mnist.config,
      folder: join(root, 'mnist'),
      resume: false,
      open: { given: [], seconds: null },
    })
    existing('mnist', 'mnist')
    existing('mnist-2', 'mnist')
    expect((await plan({ target: 'mnist' })).folder).toBe(join(root, 'mnist-3'))
    expect((await plan({ target: 'mnist', out: join(root, 'x') })).folder).toBe(join(root, 'x'))
    await expect(plan({ target: 'mnist', out: join(root, 'mnist') })).rejects.toMatchObject({
      code: 'TRAIN_RESUME_MISMATCH',
    })
  })

  it.each(['ffhq-64', 'afhqv2-64'] as const)('of the paper’s %s takes a folder of images', async preset => {
    const { config } = await plan({ target: preset, data: './faces' })
    expect(config).toEqual({ ...presets[preset].config, data: './faces' })
    expect(config).toMatchObject({ size: 64, channels: 3, batchSize: 64 })
    await expect(plan({ target: preset })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('may have another method, which its folder names', async () => {
    const { config, folder } = await plan({ target: 'mnist', method: 'optimal-transport', set: ['batchSize=8'] })
    expect(config).toEqual({
      ...presets.mnist.config,
      ...{ source: null, encoder: null, coupling: 'optimal-transport', batchSize: 8 },
    })
    expect(folder).toBe(join(root, 'mnist-optimal-transport'))
    await expect(plan({ target: 'mnist', method: 'fastode' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('did you mean "fast-ode"?'),
    })
    await expect(plan({ target: 'mnist', method: 'fast-ode', resume: true })).rejects.toThrow(UsageError)
  })

  it.each([
    ['mnist', 'mnist'],
    ['mnist:./digits', 'mnist'],
    ['cifar10', 'cifar10-small'],
    ['twemoji', 'emoji'],
    ['quickstart', 'quickstart'],
    ['./photos', 'photos'],
    ['photos.zip', 'photos'],
    ['C:\\photos', 'photos'],
  ])('on %s has the preset %s by default', (data, preset) => {
    expect(presetFor(data)).toBe(preset)
  })

  it('scales settings with its length, or has a time budget', async () => {
    const { config } = await plan({ target: 'mnist', set: ['totalImages=14400'] })
    expect(config).toEqual({
      ...presets.mnist.config,
      ...{ totalImages: 14_400, warmupImages: 320, emaHalfLifeImages: 600 },
      ...{ sampleEveryImages: 3200, checkpointEveryImages: 1600 },
    })
    const given = ['totalImages=3000', 'warmupImages=64000']
    await expect(plan({ target: 'emoji', set: given })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect((await plan({ target: 'mnist', hours: 0.5, minutes: 15 })).open).toEqual({ given: [], seconds: 2700 })
    await expect(plan({ target: 'mnist', minutes: 1, set: ['totalImages=9'] })).rejects.toThrow(
      /cannot be combined with totalImages/,
    )
    await expect(plan({ target: 'mnist', minutes: 0 })).rejects.toThrow(UsageError)
    await expect(plan({ target: existing('mine', 'mnist'), resume: true, minutes: 1 })).rejects.toThrow(
      /do not apply to --resume/,
    )
  })

  it('treats data and size as settings, and applies --set last', async () => {
    const { preset, config } = await plan({ data: '2024', size: 16, set: ['size=8', 'batchSize=3'] })
    expect(preset).toBe('photos')
    expect(config).toEqual({ ...presets.photos.config, data: '2024', size: 8, batchSize: 3 })
    expect((await plan({ target: 'emoji', data: './faces' })).config.data).toBe('./faces')
  })

  it('is refused without a preset or data', async () => {
    await expect(plan({})).rejects.toThrow(UsageError)
    await expect(plan({ target: 'photos' })).rejects.toThrow(/--data/)
    await expect(plan({ target: 'mnits' })).rejects.toMatchObject({ code: 'CONFIG_UNKNOWN_PRESET' })
    await expect(plan({ target: './photos' })).rejects.toMatchObject({
      hint: expect.stringContaining('mixflow train --data ./photos'),
    })
    await expect(plan({ target: existing('mine', 'mnist') })).rejects.toMatchObject({
      hint: expect.stringContaining('--resume'),
    })
  })
})

describe('a resumed run', () => {
  const resume = (request: Partial<RunRequest>) => plan({ resume: true, ...request })

  it('is the named one, by --out or as argument', async () => {
    const folder = existing('mine', 'mnist', { totalImages: 500 })
    for (const request of [{ out: folder }, { target: folder }, { target: 'mnist', out: folder }]) {
      expect(await resume(request)).toEqual({
        preset: 'mnist',
        config: { ...presets.mnist.config, totalImages: 500 },
        folder,
        resume: true,
        command: 'mixflow train mnist',
      })
    }
  })

  it('is otherwise the latest one, of the preset if one is given', async () => {
    existing('mnist', 'mnist', { time: 300 })
    const second = existing('mnist-2', 'mnist', { time: 200 })
    existing('emoji', 'emoji', { time: 400 })
    mkdirSync(join(root, 'something else'))
    expect((await resume({})).folder).toBe(join(root, 'emoji'))
    expect((await resume({ target: 'mnist' })).folder).toBe(join(root, 'mnist'))
    expect((await resume({ data: 'mnist' })).folder).toBe(join(root, 'mnist'))
    writeFileSync(join(second, 'metrics.jsonl'), '')
    expect((await resume({ target: 'mnist' })).folder).toBe(second)
  })

  it('keeps its settings except changed ones', async () => {
    const out = existing('mnist', 'mnist')
    const { config } = await resume({ out, set: ['totalImages=9000'], data: 'mnist:./digits' })
    expect(config).toEqual({ ...presets.mnist.config, totalImages: 9000, data: 'mnist:./digits' })
  })

  it('is refused where there is none, or one of another preset', async () => {
    const code = 'TRAIN_RESUME_MISMATCH'
    await expect(resume({})).rejects.toMatchObject({ code, message: expect.stringContaining('no run in') })
    const out = existing('emoji', 'emoji')
    await expect(resume({ target: 'mnist' })).rejects.toThrow(/no run of "mnist"/)
    await expect(resume({ target: 'mnist', out })).rejects.toMatchObject({ code })
    await expect(resume({ out: join(root, 'nothing') })).rejects.toMatchObject({ code })
    await expect(resume({ target: 'mnits' })).rejects.toMatchObject({ code: 'CONFIG_UNKNOWN_PRESET' })
    await expect(resume({ target: root })).rejects.toThrow(UsageError)
  })
})
