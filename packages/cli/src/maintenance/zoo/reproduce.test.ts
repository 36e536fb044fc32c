/**
 * Published models can be reproduced: each package has the configuration of a preset `zoo/…`, and training it again gives the recorded
 * losses. On one machine, losses are bitwise reproducible; on a machine of the same kind (processor, cores, backend) they are compared with
 * a relative tolerance of 1e-4, because versions of Node and ONNX Runtime round differently; on others they are not compared. Of the 100
 * recorded steps, only 3 are repeated, because a step takes more than a second.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkConfig, openData, readMetrics, storedConfig, train, useBackend } from '@mixflow/train'
import { methodNames, type PresetName, presets, withMethod } from '@mixflow/zoo'
import { afterAll, describe, expect, it } from 'vitest'
import type { TrainingRecord } from '../package/training-record.ts'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-reproduce-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const steps = 3
const zooPresets = (Object.keys(presets) as PresetName[]).filter(name => name.startsWith('zoo/'))

/** The data spec with a local path; null if the data would have to be downloaded. */
function specOf(data: string): string | null {
  const folders: Readonly<Record<string, string>> = { mnist: 'mnist', cifar10: 'cifar-10-batches-bin' }
  const name = folders[data]
  if (name === undefined) return data
  const path = join(root, '..', 'shared', 'data', name)
  if (existsSync(path)) return `${data}:${path}`
  console.warn(`skipped: there is no ${path}`)
  return null
}

let runs = 0

/** Losses of the first steps. */
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
if (packages.length === 0) console.warn('skipped: models/ has no model package')

it('the retraining workflow lists every preset of the zoo', () => {
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

  it('was trained with a preset of the zoo and a known method', () => {
    expect(zooPresets).toContain(training.preset)
    const own = presets[training.preset as PresetName].config
    expect(methodNames.map(method => withMethod(own, method))).toContainEqual(config)
  })

  it.skipIf(spec === null || !isAlike)('reproduces the recorded losses', async () => {
    for (const [i, loss] of (await firstLosses(config, spec as string)).entries()) {
      const kept = training.firstLosses[i] as number
      expect(Math.abs(loss - kept) / Math.abs(kept)).toBeLessThan(1e-4)
    }
  })
})
