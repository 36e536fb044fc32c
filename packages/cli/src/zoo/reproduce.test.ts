/**
 * A published model can be trained again: its package holds the configuration of a preset `zoo/…`, and the first steps of that preset give
 * the losses that the package holds. On one machine they are the same bit for bit; on a machine of the same kind (processor, cores,
 * backend) to 1e-4 of the loss, since versions of Node and of ONNX Runtime may round otherwise; on others nothing is compared. Three steps of the 100
 * that the package holds: a step takes a second and more.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkConfig, openData, readMetrics, storedConfig, train, useBackend } from '@mixflow/train'
import { methodNames, type PresetName, presets, withMethod } from '@mixflow/zoo'
import { afterAll, describe, expect, it } from 'vitest'
import type { TrainingRecord } from '../package/training-record.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-reproduce-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const steps = 3
const zooPresets = (Object.keys(presets) as PresetName[]).filter(name => name.startsWith('zoo/'))

/** Where the data are at hand; null where they would have to be downloaded. */
function specOf(data: string): string | null {
  const places: Readonly<Record<string, string>> = { mnist: 'mnist', cifar10: 'cifar-10-batches-bin' }
  const place = places[data]
  if (place === undefined) return data
  const path = join(root, '..', 'shared', 'data', place)
  if (existsSync(path)) return `${data}:${path}`
  console.warn(`skipped: there is no ${path}`)
  return null
}

let runs = 0

/** Losses of the first steps of a run by this configuration. */
async function firstLosses(config: TrainingRecord['config'], spec: string): Promise<number[]> {
  await useBackend({ backend: 'onnx' })
  const [out, enough] = [join(folder, String(++runs)), new AbortController()]
  const onEvent: NonNullable<Parameters<typeof train>[0]['onEvent']> = event => {
    if (event.type === 'step' && event.step >= steps) enough.abort()
  }
  await train({ config, data: await openData(spec), folder: out, signal: enough.signal, onEvent })
  return (await readMetrics(out)).slice(0, steps).map(({ loss }) => loss)
}

const packages = readdirSync(join(root, 'models'))
  .map(name => ({ name, path: join(root, 'models', name, 'training.json') }))
  .filter(({ path }) => existsSync(path))
  .map(({ name, path }) => ({ name, training: JSON.parse(readFileSync(path, 'utf8')) as TrainingRecord }))
if (packages.length === 0) console.warn('skipped: there is no package of a model in models/ yet')

it('the workflow that retrains knows each of them', () => {
  const workflow = readFileSync(join(root, '.github', 'workflows', 'retrain.yml'), 'utf8')
  const names = zooPresets.map(name => name.replace('zoo/', ''))
  expect(workflow).toContain(`options: [all, ${names.join(', ')}]`)
  expect(workflow).toContain(`'[${names.map(name => `"${name}"`).join(', ')}]'`)
})

describe('zoo/mnist', () => {
  const { config } = presets['zoo/mnist']
  const spec = specOf(config.data)

  it.skipIf(spec === null)('gives the same losses each time', async () => {
    const losses = await firstLosses(config, spec as string)
    expect(losses).toHaveLength(steps)
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(await firstLosses(config, spec as string)).toEqual(losses)
  })
})

describe.skipIf(packages.length === 0).each(packages)('the package of $name', ({ training }) => {
  const config = checkConfig(storedConfig(training.config))
  const { machine, backend, device } = training
  const isAlike =
    machine?.processor === cpus()[0]?.model.trim() &&
    machine?.cores === availableParallelism() &&
    backend === 'onnx' &&
    (device ?? 'cpu') === 'cpu'
  const spec = specOf(config.data)

  it('was trained by a preset of the zoo, with one of its methods', () => {
    expect(zooPresets).toContain(training.preset)
    const own = presets[training.preset as PresetName].config
    expect(methodNames.map(method => withMethod(own, method))).toContainEqual(config)
  })

  it.skipIf(spec === null || !isAlike)('gives the losses that it holds', async () => {
    for (const [i, loss] of (await firstLosses(config, spec as string)).entries()) {
      const kept = training.firstLosses[i] as number
      expect(Math.abs(loss - kept) / Math.abs(kept)).toBeLessThan(1e-4)
    }
  })
})
