/** A run continues bit for bit after an abort and after a kill, and never damages its files. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MixflowError } from '@mixflow/core'
import { checkpointFileName } from '@mixflow/core/internal'
import { temporaryPath } from '@mixflow/files'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import type { TrainingConfig } from '@mixflow/zoo'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkpointsFolder, latestCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { tensorBytes, tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import type { TrainEvent } from '../progress/train-event.ts'
import type { TrainOptions } from './run.ts'
import { type MetricsLine, readRun, runFiles } from './run-folder.ts'
import { type TrainResult, train } from './train-loop.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-train-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

const data = tinyData()
let folders = 0
const newFolder = (): string => join(root, `run-${++folders}`)

const run = (options: Partial<TrainOptions> & { folder: string }): Promise<TrainResult> =>
  train({ config: tinyConfig(), data, ...options })

/** Trains until `steps` steps are done, then stops as Ctrl-C does. */
function runFor(steps: number, options: Partial<TrainOptions> & { folder: string }): Promise<TrainResult> {
  const stop = new AbortController()
  const onEvent = (event: TrainEvent) => {
    if (event.type === 'step' && event.step === steps) stop.abort()
  }
  return run({ ...options, signal: stop.signal, onEvent })
}

const metrics = (folder: string): MetricsLine[] =>
  readFileSync(join(folder, runFiles.metrics), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as MetricsLine)

const errorOf = async (promise: Promise<unknown>): Promise<MixflowError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!MixflowError.is(error)) throw error ?? new Error('it did not fail')
  return error
}

describe('train', () => {
  const straight = newFolder()
  let whole: TrainResult
  beforeAll(async () => {
    whole = await run({ folder: straight })
  })

  it('learns, logs every step, keeps the last checkpoints, and leaks no tensor', async () => {
    const tensors = tf.memory().numTensors
    const folder = newFolder()
    const result = await run({
      folder,
      config: tinyConfig({ totalImages: 900, learningRate: 0.01, checkpointEveryImages: 300 }),
    })
    expect(result).toMatchObject({ outcome: 'finished', step: 150, imagesSeen: 900 })
    const lines = metrics(folder)
    expect(lines.map(line => line.step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1))
    const mean = (part: MetricsLine[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length
    expect(mean(lines.slice(-30))).toBeLessThan(0.7 * mean(lines.slice(0, 30)))
    expect(readdirSync(checkpointsFolder(folder)).sort()).toEqual(['step-000000100', 'step-000000150'])
    expect(readdirSync(join(folder, runFiles.samples))).toEqual(['000000900.png'])
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('10 + 10 steps are 20 steps, bit for bit', async () => {
    const folder = newFolder()
    const first = await runFor(10, { folder })
    expect(first).toMatchObject({ outcome: 'interrupted', step: 10 })
    const second = await run({ folder, resume: true })
    expect(second).toMatchObject({ outcome: 'finished', step: 20 })
    expect(tensorBytes(second.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
    const losses = (path: string) => metrics(path).map(({ step, loss, learningRate }) => ({ step, loss, learningRate }))
    expect(losses(folder)).toEqual(losses(straight))
  })

  it('the same seed gives the same run, another seed another', async () => {
    const again = await run({ folder: newFolder() })
    expect(tensorBytes(again.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
    const other = await run({ folder: newFolder(), config: tinyConfig({ seed: 2 }) })
    expect(tensorBytes(other.checkpoint)).not.toEqual(tensorBytes(whole.checkpoint))
  })

  it('resuming a finished run changes nothing unless it is longer', async () => {
    const folder = newFolder()
    cpSync(straight, folder, { recursive: true })
    const same = await run({ folder, resume: true })
    expect(tensorBytes(same.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
    const longer = await run({ folder, resume: true, config: tinyConfig({ totalImages: 150 }) })
    expect(longer).toMatchObject({ step: 25, imagesSeen: 150 })
    // what the next resume starts from
    expect((await readRun(folder)).config.totalImages).toBe(150)
  })

  it('skips a damaged newest checkpoint, with a note', async () => {
    const folder = newFolder()
    cpSync(straight, folder, { recursive: true })
    truncateSync(join(checkpointsFolder(folder), 'step-000000020', 'ema.safetensors'), 100)
    const notes: string[] = []
    const result = await run({
      folder,
      resume: true,
      onEvent: event => event.type === 'note' && notes.push(event.text),
    })
    expect(notes.join()).toMatch(/step-000000020/)
    expect(tensorBytes(result.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
  })

  it('killed before its first checkpoint, is resumed from the beginning', async () => {
    const folder = newFolder()
    await runFor(3, { folder })
    rmSync(checkpointsFolder(folder), { recursive: true })
    const notes: string[] = []
    const onEvent = (event: TrainEvent) => event.type === 'note' && notes.push(event.text)
    const result = await run({ folder, resume: true, onEvent })
    expect(notes.join()).toMatch(/no checkpoint yet/)
    expect(tensorBytes(result.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
    expect(metrics(folder).map(({ step }) => step)).toEqual(metrics(straight).map(({ step }) => step))
  })

  it('that lacks newer settings is resumed with their former values', async () => {
    const folder = newFolder()
    const { checkpoint } = await runFor(7, { folder })
    for (const path of [join(folder, runFiles.config), join(checkpoint, checkpointFileName)]) {
      const record = JSON.parse(readFileSync(path, 'utf8'))
      for (const key of ['coupling', 'imagesAtOnce']) delete record.config[key]
      delete record.config.sampling.gridPower
      writeFileSync(path, JSON.stringify(record))
    }
    const { config } = await readRun(folder)
    expect(config).toEqual(tinyConfig())
    const result = await run({ folder, resume: true, config })
    expect(tensorBytes(result.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
  })

  it('is resumed from a record with a byte order mark', async () => {
    const folder = newFolder()
    await runFor(3, { folder })
    const path = join(folder, runFiles.config)
    writeFileSync(path, `\ufeff${readFileSync(path, 'utf8')}`)
    const { config } = await readRun(folder)
    const result = await run({ folder, resume: true, config })
    expect(tensorBytes(result.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
  })

  it('whose record is removed fails at its end, and can be resumed', async () => {
    const folder = newFolder()
    const path = join(folder, runFiles.config)
    const onEvent = (event: TrainEvent) => event.type === 'step' && event.step === 3 && rmSync(path)
    const error = await errorOf(run({ folder, onEvent }))
    expect(error).toMatchObject({ code: 'OUTPUT_DISK', message: expect.stringContaining(path) })
    const result = await run({ folder, resume: true, config: (await readRun(folder)).config })
    expect(result).toMatchObject({ outcome: 'finished', step: 20 })
    expect(tensorBytes(result.checkpoint)).toEqual(tensorBytes(whole.checkpoint))
  })

  it.each(['', '[]', '{"preset":3,"command":"","config":{}}'])('refuses a damaged record of a run: %j', async text => {
    const folder = newFolder()
    mkdirSync(folder)
    writeFileSync(join(folder, runFiles.config), text)
    const refused = { code: 'CONFIG_INVALID', message: expect.stringContaining(folder) }
    await expect(readRun(folder)).rejects.toMatchObject(refused)
  })

  it('refuses a folder in use, a run that is not there, other settings, other data', async () => {
    expect(await errorOf(run({ folder: straight }))).toMatchObject({ code: 'TRAIN_RESUME_MISMATCH' })
    expect(await errorOf(run({ folder: newFolder(), resume: true }))).toMatchObject({ code: 'TRAIN_RESUME_MISMATCH' })
    const changed = await errorOf(run({ folder: straight, resume: true, config: tinyConfig({ learningRate: 1 }) }))
    expect(changed.message).toContain(`learningRate ${tinyConfig().learningRate} → 1`)
    const other = await errorOf(run({ folder: straight, resume: true, data: tinyData(6) }))
    expect(other.message).toMatch(/different images/)
    const [, second] = readdirSync(checkpointsFolder(straight))
    for (const name of readdirSync(checkpointsFolder(straight))) expect([second, 'step-000000016']).toContain(name)
  })

  it('stops at a NaN loss, reports the step, and keeps the last checkpoint', async () => {
    const folder = newFolder()
    const { source } = tinyConfig()
    const config = tinyConfig({
      source: { ...(source as NonNullable<TrainingConfig['source']>), klWeight: 3e38 },
      checkpointEveryImages: 6,
    })
    const error = await errorOf(run({ folder, config }))
    expect(error).toMatchObject({ code: 'TRAIN_DIVERGED' })
    const step = error.details.step as number
    expect(error.message).toContain(`step ${step}`)
    expect(readFileSync(join(folder, runFiles.report), 'utf8')).toContain('TRAIN_DIVERGED')
    const kept = await latestCheckpoint(folder)
    expect(kept?.record.step).toBe(step - 1)
    expect(error.message).toContain(`the last checkpoint is ${kept?.folder}`)
    for (const { bytes } of kept?.tensors.weights.values() ?? []) {
      expect(new Float32Array(bytes.slice().buffer).every(Number.isFinite)).toBe(true)
    }
  })

  it('stops at a NaN loss before the first checkpoint', async () => {
    const folder = newFolder()
    const { source } = tinyConfig()
    const config = tinyConfig({ source: { ...(source as NonNullable<TrainingConfig['source']>), klWeight: 3e38 } })
    const error = await errorOf(run({ folder, config, onEvent: () => {} }))
    expect(error).toMatchObject({ code: 'TRAIN_DIVERGED', message: expect.stringContaining('there is no checkpoint') })
    const page = readFileSync(join(folder, runFiles.report), 'utf8')
    expect(page).not.toMatch(/--resume|export/)
    expect(page).toContain('learningRate=')
  })

  it.each([
    ['plain rectified flow', { source: null, encoder: null }],
    ['minibatch optimal transport', { source: null, encoder: null, coupling: 'optimal-transport' }],
    ['without labels', { labels: false }],
    ['AdamW, no clipping, constant rate', { optimizer: 'adamw', weightDecay: 0.1, clipNorm: null, decayFraction: 0 }],
  ] as [string, Partial<TrainingConfig>][])('%s', async (_, changes) => {
    const result = await run({ folder: newFolder(), config: tinyConfig({ totalImages: 30, ...changes }) })
    expect(Number.isFinite(result.loss as number)).toBe(true)
    expect(existsSync(result.report)).toBe(true)
  })

  it.each([
    ['label', 'mean-variance', 'distribution', true],
    ['noise', 'mean', 'sample', false],
    ['image+noise', 'mean-variance', 'sample', false],
    ['image', 'off', 'sample', true],
  ] as const)('κ = %s, %s, mixing by %s, conditioned on w: %s', async (kappa, gaussian, mixing, conditionOnWeight) => {
    const source = {
      ...(tinyConfig().source as NonNullable<TrainingConfig['source']>),
      kappa,
      gaussian,
      mixing,
      conditionOnWeight,
    }
    const result = await run({ folder: newFolder(), config: tinyConfig({ totalImages: 30, source }) })
    expect(Number.isFinite(result.loss as number)).toBe(true)
    expect(existsSync(result.report)).toBe(true)
  })
})

describe('a killed process', () => {
  const script = fileURLToPath(new URL('../fixtures/train-tiny.ts', import.meta.url))
  const start = (folder: string, resume: boolean): ChildProcess =>
    spawn(
      process.execPath,
      ['--conditions=@mixflow/source', '--import', 'tsx', script, folder, ...(resume ? ['resume'] : [])],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )

  /** Ends when the process does; kills it `delay` milliseconds after its first step, if given. */
  const finish = (child: ChildProcess, delay?: number): Promise<string> =>
    new Promise(resolve => {
      let output = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        if (output === '' && delay !== undefined) setTimeout(() => child.kill('SIGKILL'), delay)
        output += chunk.toString()
      })
      child.on('close', () => resolve(output))
    })

  it('is resumed bit for bit after SIGKILL at any time', async () => {
    const [folder, undisturbed] = [newFolder(), newFolder()]
    let resume = false
    for (const delay of [150, 40, 300]) {
      await finish(start(folder, resume), delay)
      resume = existsSync(checkpointsFolder(folder)) && (await latestCheckpoint(folder)) !== null
      if (!resume) rmSync(folder, { recursive: true, force: true })
    }
    const [last, reference] = await Promise.all([finish(start(folder, resume)), finish(start(undisturbed, false))])
    const result = (output: string) => JSON.parse(output.trim().split('\n').at(-1) as string) as TrainResult
    expect(result(last)).toMatchObject({ outcome: 'finished', step: 200 })
    expect(tensorBytes(result(last).checkpoint)).toEqual(tensorBytes(result(reference).checkpoint))
    expect(metrics(folder).map(line => line.step)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(readdirSync(checkpointsFolder(folder)).filter(name => !name.startsWith('step-'))).toEqual([])
  }, 300_000)

  it('leaves a temporary folder that the next checkpoint removes', async () => {
    const folder = newFolder()
    await runFor(6, { folder })
    const { pid: ended } = spawnSync(process.execPath, ['--version'])
    const temporary = temporaryPath(join(checkpointsFolder(folder), 'step-000000099'))
    writeFileSync(temporary.replace(`-${process.pid}-`, `-${ended}-`), 'half')
    await run({ folder, resume: true })
    expect(readdirSync(checkpointsFolder(folder)).every(name => name.startsWith('step-'))).toBe(true)
  })
})
