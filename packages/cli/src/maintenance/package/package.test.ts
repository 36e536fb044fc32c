/** From a run to an npm package, as npm publishes it. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { integers, type Manifest, parseManifest } from '@mixflow/core'
import { sha256Hex } from '@mixflow/core/internal'
import { encodePng } from '@mixflow/train'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandIn, type Ended } from '../../fixtures/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const mixflow = commandIn(folder)

/** A run of a few steps on small images of two classes. */
const settings = [
  ...['batchSize=8', 'totalImages=16', 'sampleEveryImages=1000', 'checkpointEveryImages=16'],
  ...['denoiser.options.channels=[8]', 'denoiser.options.attention=[]', 'denoiser.options.headChannels=8'],
  'sampling={"solver":"heun","nfe":3,"gridPower":1,"guidance":0}',
].flatMap(setting => ['--set', setting])

const train = (out: string, ...more: string[]) =>
  mixflow([
    ...['train', 'quickstart', '--data', 'pictures', '--size', '16', '--threads', '1', '--out', out],
    ...[...settings, ...more],
  ])
const evaluate = (model: string, out: string) =>
  mixflow([
    ...['evaluate', model, '--metrics', 'fd,neighbours,curvature', '--nfe', '1,3', '--n', '70', '--ranges', '1'],
    ...['--data', 'pictures', '--resize', 'pad', '--count', '10', '--steps', '8', '--threads', '1', '--out', out],
  ])
const pack = (...more: string[]) => mixflow(['package', 'ours', '--as', '@you/model-stripes', '--out', 'out', ...more])
const path = (...parts: string[]) => join(folder, ...parts)
const text = (...parts: string[]) => readFileSync(path(...parts), 'utf8')
const beside = [
  ...['--baseline', 'plain', '--baseline-evaluation', 'plain/quality'],
  ...['--baseline-name', '@you/model-stripes-plain'],
]

const speed = {
  ...{ format: 'mixflow-speed', version: 1, dtype: 'float32', runtime: 'Node 22.1', device: 'cpu' },
  machine: { processor: 'a processor', cores: 2, threads: 2 },
  ...{ batchSize: 16, rounds: 9, times: [{ solver: 'heun', nfe: 3, milliseconds: 4.321 }] },
}

let packed: Ended
let manifest: Manifest
beforeAll(async () => {
  for (const name of ['even', 'odd']) mkdirSync(path('pictures', name), { recursive: true })
  for (let i = 0; i < 80; i++) {
    const values = integers({ seed: i, stream: 'probe', images: 1, elementsPerImage: 256, below: 200 })
    const data = Float32Array.from(values, (value, k) => ((k % 16 < 8 ? value : 255 - value) / 255) * 2 - 1)
    const png = encodePng({ channels: 1, height: 16, width: 16, data })
    writeFileSync(path('pictures', i % 2 === 0 ? 'even' : 'odd', `${i}.png`), png)
  }
  for (const [run, ...more] of [
    ['ours', '--set', 'encoder.options.channels=[8]', '--set', 'encoder.options.headChannels=8'],
    ['plain', '--method', 'rectified-flow'],
  ] as const) {
    expect(await train(run, ...more)).toMatchObject({ code: 0 })
    expect(await mixflow(['export', run, '--name', `stripes-${run}`])).toMatchObject({ code: 0 })
    expect(await evaluate(`${run}/model`, `${run}/quality`)).toMatchObject({ code: 0 })
  }
  const { files } = parseManifest(text('ours', 'model', 'mixflow.json'))
  const denoiser = files.find(({ role, dtype }) => role === 'denoiser' && dtype === 'float32')!.sha256
  writeFileSync(path('speed.json'), JSON.stringify({ ...speed, denoiser }))
  const stated = ['--licence', 'MIT', '--description', 'Stripes.', '--speed', 'speed.json']
  packed = await pack('--evaluation', 'ours/quality', ...stated, ...beside)
  expect(packed).toMatchObject({ code: 0, stderr: '' })
  manifest = parseManifest(text('out', 'mixflow.json'))
})

describe('mixflow package', () => {
  it('contains the complete model with its measures', async () => {
    expect(manifest).toMatchObject({ name: 'stripes-ours', licence: 'MIT', description: 'Stripes.' })
    for (const { path: name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(path('out', name))
      expect([content.length, await sha256Hex(content)]).toEqual([bytes, sha256])
    }
    const { settings: measured, trajectories } = JSON.parse(text('ours', 'quality', 'evaluation.json'))
    const names = ['FD-ResNet56-70', 'near-copies-ResNet56-70', 'neighbour-distance-ResNet56-70']
    expect(manifest.quality).toEqual([
      ...[1, 3].flatMap((nfe, setting) =>
        names.map((metric, i) => ({
          ...{ metric, value: measured[setting].measures[i].mean },
          ...{ n: 70, nfe, solver: 'heun' },
        })),
      ),
      { metric: 'curvature', value: trajectories.mean, n: 10, nfe: 8, solver: 'euler' },
    ])
  })

  it('has its measures and those of the baseline as data, which are reproducible', async () => {
    const quality = JSON.parse(text('out', 'quality.json'))
    expect(quality).toMatchObject({
      format: 'mixflow-quality',
      baseline: { name: '@you/model-stripes-plain' },
      speed: [speed],
    })
    expect(JSON.stringify(quality)).not.toContain('ours/model')
    expect(await evaluate('out', 'again')).toMatchObject({ code: 0 })
    const again = JSON.parse(text('again', 'evaluation.json'))
    const measures = ({ settings }: typeof again) => settings.map((each: { measures: unknown }) => each.measures)
    expect(measures(again)).toEqual(measures(quality.evaluations[0]))
    expect(again.trajectories).toEqual(quality.evaluations[0].trajectories)
  })

  it('is a module with the URLs of its files', async () => {
    const { default: model } = await import(pathToFileURL(path('out', 'index.js')).href)
    expect(model.manifest).toEqual(JSON.parse(text('out', 'mixflow.json')))
    const graphs = manifest.files.filter(({ dtype }) => dtype !== undefined)
    expect(Object.keys(model.files)).toEqual(graphs.map(file => file.path))
    for (const file of graphs) expect(statSync(fileURLToPath(model.files[file.path])).size).toBe(file.bytes)
  })

  it('has a card with the baseline, uncurated images, and the training', () => {
    const card = text('out', 'README.md')
    expect(card).toContain('| solver | NFE | FD-ResNet56-70 | baseline | near-copies-ResNet56-70 | baseline |')
    expect(card).toMatch(/^\| heun \| 3 \| [\d,.]+ \| [\d,.]+ \| [\d.]+ % \| [\d.]+ % \|/m)
    expect(card).toMatch(/Curvature of 10 trajectories in 8 Euler steps: [\d.e-]+; baseline [\d.e-]+\./)
    expect(card).toContain(
      '| heun | 3 | 4.3 |\n\nCPU (Node 22.1): float32 parameters on a processor (2 threads, 2 cores)',
    )
    expect(card).toContain('Its baseline is `@you/model-stripes-plain`')
    expect(card).toContain('of each of the seeds 0 to 63, uncurated (heun, 3 NFE; one class per column)](grid.png)')
    expect(card).toContain("import files from '@you/model-stripes'")
    expect(card).not.toMatch(/undefined|NaN|\[object/)
    const training = JSON.parse(text('out', 'training.json'))
    expect(training).toMatchObject({ preset: 'quickstart', config: { totalImages: 16, labels: true } })
    expect(training.losses).toHaveLength(2)
    expect(training.firstLosses).toHaveLength(2)
    expect(card).toContain(`| Machine | ${training.machine.processor}, `)
  })

  it('shows the nearest training images and the share of near copies', () => {
    const card = text('out', 'README.md')
    expect(card).toMatch(/^Near copies \(near-copies-ResNet56-70\): [\d.]+ % of the samples of heun at [13] NFE/m)
    expect(card).toMatch(/^!\[[^\]]+\]\(neighbours\.png\)$/m)
    const picture = readFileSync(path('ours', 'quality', 'neighbours.png'))
    expect(readFileSync(path('out', 'neighbours.png'))).toEqual(picture)
    expect(JSON.parse(text('out', 'package.json')).files).toContain('neighbours.png')
    expect(manifest.files.find(({ path }) => path === 'neighbours.png')).toMatchObject({ role: 'report' })
  })

  it('replaces an earlier version and keeps files that are not part of the model', async () => {
    const before = JSON.parse(text('out', 'package.json'))
    expect(before).toMatchObject({ name: '@you/model-stripes', version: '0.0.0', license: 'MIT', sideEffects: false })
    const node = { types: './index.d.ts', node: './index.js' }
    expect(before.exports['.']).toEqual({ ...node, development: './index.jsx', default: './index.js' })
    writeFileSync(path('out', 'package.json'), '{"version": "1.2.3", "keyw')
    const damaged = await pack('--float16')
    expect(damaged).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/package\.json has its end.*\n.*delete it/),
    })
    expect(text('out', 'package.json')).toBe('{"version": "1.2.3", "keyw')
    writeFileSync(path('out', 'package.json'), JSON.stringify({ ...before, version: '1.2.3', keywords: ['stripes'] }))
    writeFileSync(path('out', 'CHANGELOG.md'), 'ours')
    expect(await pack('--float16')).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(text('out', 'package.json'))).toMatchObject({ version: '1.2.3', keywords: ['stripes'] })
    expect(text('out', 'CHANGELOG.md')).toBe('ours')
    expect(text('out', 'README.md')).toContain('Not measured.')
    expect(existsSync(path('out', 'neighbours.png'))).toBe(false)
    expect(JSON.parse(text('out', 'package.json')).files).not.toContain('neighbours.png')
    expect(() => text('out', 'denoiser.onnx')).toThrow('ENOENT')
    const { files } = parseManifest(text('out', 'mixflow.json'))
    expect(files.some(({ dtype }) => dtype === 'float32')).toBe(false)
  })

  it('refuses an evaluation of another model, and a model of an earlier checkpoint', async () => {
    const other = await pack('--evaluation', 'plain/quality')
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(
      /evaluation\.json belongs to another model or version \(plain\/model\) than ours\/model/,
    )
    const none = await pack('--evaluation', 'nowhere')
    expect(none.stderr).toContain('mixflow evaluate ours/model')
    const unexported = await mixflow(['package', 'pictures', '--as', 'x', '--out', 'y'])
    expect(unexported.stderr).toContain('mixflow export pictures')
    for (const name of ['denoiser.onnx', 'mixflow.json'])
      copyFileSync(path('plain', 'model', name), path('ours', 'model', name))
    const old = await pack()
    expect(old.stderr).toContain('was exported from an earlier checkpoint of the run')
  })
})
