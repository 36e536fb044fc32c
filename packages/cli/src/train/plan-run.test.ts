import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PresetName, presets } from '@mixflow/zoo'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../terminal/usage-error.ts'
import { planRun, presetFor, type RunRequest } from './plan-run.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mixflow-plan-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const plan = (request: Partial<RunRequest>) => planRun({ set: [], runs: root, resume: false, ...request })

/** A run as training leaves it, last worked on at `time`, in seconds. */
function existing(name: string, preset: PresetName, { time = 1, totalImages = 1000 } = {}): string {
  const folder = join(root, name)
  mkdirSync(folder)
  const config = { ...presets[preset].config, totalImages }
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ preset, config, command: `mixflow train ${preset}` }))
  utimesSync(join(folder, 'config.json'), time, time)
  return folder
}

describe('a run that goes on', () => {
  it('stays where it was trained, if that is known', async () => {
    const folder = existing('mnist', 'mnist')
    expect((await plan({ target: folder, resume: true })).place).toBeUndefined()
    const record = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    const placed = async (place: object) => {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...record, ...place }))
      return (await plan({ target: folder, resume: true })).place
    }
    expect(await placed({ backend: 'onnx', device: 'cuda' })).toEqual({ backend: 'onnx', device: 'cuda' })
    expect(await placed({ backend: 'tfjs-node' })).toEqual({ backend: 'tfjs-node' })
    expect(await placed({ backend: 'my-own' })).toBeUndefined()
  })
})

describe('a new run', () => {
  it('is of a preset, in a folder of its own', async () => {
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

  it.each(['ffhq-64', 'afhqv2-64'] as const)('of the paper’s %s takes a folder of pictures', async preset => {
    const { config } = await plan({ target: preset, data: './faces' })
    expect(config).toEqual({ ...presets[preset].config, data: './faces' })
    expect(config).toMatchObject({ size: 64, channels: 3, batchSize: 64 })
    await expect(plan({ target: preset })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('is of another method, in a folder that says so', async () => {
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
  ])('on %s is by itself of the preset %s', (data, preset) => {
    expect(presetFor(data)).toBe(preset)
  })

  it('scales what hangs on its length, and may be as long as a time', async () => {
    const { config } = await plan({ target: 'mnist', set: ['totalImages=14400'] })
    expect(config).toEqual({
      ...presets.mnist.config,
      ...{ totalImages: 14_400, warmupImages: 320, emaHalfLifeImages: 600 },
      ...{ sampleEveryImages: 3200, checkpointEveryImages: 1600 },
    })
    const given = ['totalImages=3000', 'warmupImages=64000']
    await expect(plan({ target: 'emoji', set: given })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect((await plan({ target: 'mnist', hours: 0.5, minutes: 15 })).open).toEqual({ given: [], seconds: 2700 })
    await expect(plan({ target: 'mnist', minutes: 1, set: ['totalImages=9'] })).rejects.toThrow(/how long the run is/)
    await expect(plan({ target: 'mnist', minutes: 0 })).rejects.toThrow(UsageError)
    await expect(plan({ target: existing('mine', 'mnist'), resume: true, minutes: 1 })).rejects.toThrow(/new run/)
  })

  it('takes data and size as settings, whatever they look like, and --set last', async () => {
    const { preset, config } = await plan({ data: '2024', size: 16, set: ['size=8', 'batchSize=3'] })
    expect(preset).toBe('photos')
    expect(config).toEqual({ ...presets.photos.config, data: '2024', size: 8, batchSize: 3 })
    expect((await plan({ target: 'emoji', data: './faces' })).config.data).toBe('./faces')
  })

  it('is refused where it is not said what to train', async () => {
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

describe('a run that goes on', () => {
  const resume = (request: Partial<RunRequest>) => plan({ resume: true, ...request })

  it('is the one that is named, by --out or by itself', async () => {
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

  it('is else the one last worked on, of the preset if one is given', async () => {
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

  it('keeps its settings but those that are changed', async () => {
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
