import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { integers } from '@mixflow/core'
import { findExtractor, openExtractor, referenceOf } from '@mixflow/measure'
import { createDataset, useBackend } from '@mixflow/train'
import type { TrainingConfig } from '@mixflow/zoo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bench, type DoRunOptions, doRun, plannedIdentity } from './do-run.ts'
import { experimentRunText, identityOf, isSameRun, parseExperimentRun } from './experiment-run.ts'
import { type PlannedRun, planRuns } from './few-step.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-experiment-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The experiment's run with a network of a few hundred weights, for a few steps. */
function tinyRun(): PlannedRun {
  const [run] = planRuns({ data: 'cifar10', methods: 'mixflow', seeds: '3' }) as [PlannedRun]
  const options = { patchSize: 4, channels: [8], blocks: 1, attention: [], headChannels: 8 }
  const config: TrainingConfig = {
    ...run.config,
    ...{ batchSize: 6, totalImages: 60, warmupImages: 12, sampleEveryImages: 1000, checkpointEveryImages: 12 },
    ...{ denoiser: { kind: 'unet', options }, encoder: { kind: 'unet', options } },
  }
  return { ...run, config }
}

const images = Uint8Array.from(
  integers({ seed: 4, stream: 'probe', images: 80, elementsPerImage: 3 * 32 * 32, below: 256 }),
)
const data = createDataset({
  ...{ name: 'cifar10', split: 'train', channels: 3, height: 32, width: 32, images },
  ...{ labels: null, classNames: null, licence: null, attribution: null },
})

let bench: Bench
let dispose: () => Promise<void>
beforeAll(async () => {
  await useBackend({ backend: 'onnx', threads: 1 })
  const { network, description } = await findExtractor('cifar10')
  const extractor = await openExtractor(network, description, { threads: 1 })
  dispose = () => extractor.dispose()
  bench = {
    ...{ data, extractor, reference: await referenceOf(data, extractor, { cacheDir: null }) },
    machine: { processor: 'one', cores: 1, threads: 1, node: '20.0.0' },
    measuring: {
      settings: [
        { solver: 'euler', nfe: 2 },
        { solver: 'heun', nfe: 3 },
      ],
      ...{ images: 66, seed: 0, trajectories: { count: 4, steps: 8 } },
    },
  }
})
afterAll(() => dispose())

const options = (folder: string, more: Partial<DoRunOptions> = {}): DoRunOptions => ({
  ...{ ...bench, folder: join(root, folder), onTrainEvent: () => {}, onMeasure: () => {} },
  ...more,
})

/** Without times. */
const timeless = ({ training, measures, ...rest }: Awaited<ReturnType<typeof doRun>>) => ({
  ...rest,
  training: { ...training, seconds: 0 },
  measures: { ...measures, seconds: 0 },
})

describe('a run of the experiment', () => {
  it('interrupted in training and in measuring resumes to the same record', async () => {
    const run = tinyRun()
    const whole = await doRun(run, options('whole'))

    const inTraining = new AbortController()
    const first = options('broken', {
      signal: inTraining.signal,
      onTrainEvent: event => event.type === 'step' && event.step === 5 && inTraining.abort(),
    })
    await expect(doRun(run, first)).rejects.toMatchObject({ code: 'ABORTED' })
    const inMeasuring = new AbortController()
    const steps: number[] = []
    const second = options('broken', {
      signal: inMeasuring.signal,
      onTrainEvent: event => event.type === 'step' && steps.push(event.step),
      onMeasure: text => text !== 'measuring: 0 %' && inMeasuring.abort(),
    })
    await expect(doRun(run, second)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(steps).toEqual([6, 7, 8, 9, 10])
    steps.length = 0
    const last = options('broken', { onTrainEvent: event => event.type === 'step' && steps.push(event.step) })
    const broken = await doRun(run, last)
    expect(steps).toEqual([])
    expect(timeless(broken)).toEqual(timeless(whole))
  })

  it('is recognized by its record, which survives writing and reading', async () => {
    const run = tinyRun()
    const record = await doRun(run, options('whole'))
    expect(parseExperimentRun(experimentRunText(record), 'x')).toEqual(record)
    const planned = plannedIdentity(run, bench)
    expect(isSameRun(identityOf(record), planned)).toBe(true)
    expect(JSON.stringify(record)).not.toContain(root)
    // how often it is saved does not matter; what decides the result does
    const config = { ...run.config, checkpointEveryImages: 6 }
    expect(isSameRun(identityOf(record), plannedIdentity({ ...run, config }, bench))).toBe(true)
    const others: PlannedRun[] = [
      { ...run, seed: 4 },
      { ...run, config: { ...run.config, learningRate: 1e-4 } },
    ]
    for (const other of others) expect(isSameRun(identityOf(record), plannedIdentity(other, bench))).toBe(false)
    const measuring = { ...bench.measuring, images: 67 }
    expect(isSameRun(identityOf(record), plannedIdentity(run, { ...bench, measuring }))).toBe(false)
  })

  it('is not mixed with a finished run of another configuration', async () => {
    const run = tinyRun()
    const other = { ...run, config: { ...run.config, learningRate: 1e-4 } }
    await doRun(run, options('whole'))
    await expect(doRun(other, options('whole'))).rejects.toMatchObject({
      ...{ code: 'TRAIN_RESUME_MISMATCH', details: { changed: ['learningRate'] } },
    })
  })
})

describe('planRuns', () => {
  it('has every method with every seed, by seed', () => {
    const runs = planRuns({ data: 'mnist:./digits', methods: 'rectified-flow,mixflow', seeds: '1,2', steps: 40 })
    expect(runs.map(({ name }) => name)).toEqual([
      'mnist-40-steps/rectified-flow-seed-1',
      'mnist-40-steps/mixflow-seed-1',
      'mnist-40-steps/rectified-flow-seed-2',
      'mnist-40-steps/mixflow-seed-2',
    ])
    const [flow, mixflow] = runs as [PlannedRun, PlannedRun]
    expect(flow.config).toMatchObject({ data: 'mnist:./digits', seed: 1, totalImages: 40 * 64, source: null })
    const differing = ['source', 'encoder', 'coupling']
    for (const [key, value] of Object.entries(mixflow.config)) {
      if (!differing.includes(key)) expect([key, flow.config[key as keyof TrainingConfig]]).toEqual([key, value])
    }
  })

  it('includes changed settings in the name', () => {
    const set = ['source.conditionOnWeight=true', 'source.weight={"levels":4}']
    const [run] = planRuns({ data: 'cifar10', methods: 'mixflow', seeds: '1', set })
    expect(run?.name).toBe('cifar10-1500-steps/mixflow+source.conditionOnWeight=true+source.weight=_levels_4_-seed-1')
    expect(run?.config.source).toMatchObject({ conditionOnWeight: true, weight: { levels: 4 } })
  })

  it.each([
    [{ data: 'emoji' }, /unknown data set of this experiment "emoji"/],
    [{ data: 'cifar10', methods: 'mixfow' }, /unknown method "mixfow"/],
    [{ data: 'cifar10', seeds: '1,b' }, /a seed must be an integer from 0 to 9007199254740991, got "b"/],
    [{ data: 'cifar10', seeds: '9007199254740992' }, /must be an integer from 0 to 9007199254740991/],
    [{ data: 'cifar10', set: ['seed=3'] }, /seed must be the same for all runs/],
  ])('refuses %j', (request, message) => {
    expect(() => planRuns(request)).toThrow(message)
  })
})
