/** A folder of packages as a list and as a comparison; and whether those of this repository are up to date. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Manifest, parseManifest } from '@mixflow/core'
import { manifestToJson, sha256Hex } from '@mixflow/core/internal'
import { hostileNames, unprintable } from '@mixflow/core/testing'
import { type ModelFiles, smallModel } from '@mixflow/test-model'
import { models } from '@mixflow/zoo/models'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../../run.ts'
import { replaceSection, sectionMarks } from '../marked-section.ts'
import { qualityRecord } from '../package/quality.ts'
import { modelBytes, readModelPackages, zooList } from './model-packages.ts'
import { zooReport } from './zoo-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-zoo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inFolder = (...path: string[]) => join(folder, ...path)
const text = (...path: string[]) => readFileSync(inFolder(...path), 'utf8')

/** Runs the command in this process and catches what it writes. */
async function zoo(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map(name =>
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      written[name] += text
      return true
    }),
  )
  const code = await run(['zoo', ...args])
  for (const spy of spies) spy.mockRestore()
  return { code, ...written }
}

const small = await smallModel({ classes: 3 })
const quality = [{ metric: 'FD-MnistCnn-2k', value: 3.25, n: 2000, nfe: 3, solver: 'heun' }]

function addModel(name: string, { files = small, ...more }: { files?: ModelFiles; quality?: unknown } = {}): void {
  mkdirSync(join(folder, 'models', name), { recursive: true })
  const write = (path: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, 'models', name, path), content)
  for (const [path, bytes] of files) write(path, bytes)
  const manifest: Manifest = { ...parseManifest(files.get('mixflow.json')!), name, quality, description: 'Small.' }
  write('mixflow.json', manifestToJson(manifest))
  write('package.json', JSON.stringify({ name: `@you/model-${name}`, version: '1.2.3' }))
  if (more.quality !== undefined) write('quality.json', JSON.stringify(more.quality))
}

const settings = (mean: number) => [
  {
    ...{ setting: { solver: 'heun', nfe: 3 }, nfe: 3, steps: 2 },
    measures: [{ metric: 'fd', label: 'FD-MnistCnn-2k', mean, deviation: null }],
  },
]
const evaluation = (mean: number) => ({
  ...{ device: 'cpu, float32', seed: 0, trajectories: null, mixtureWeight: 0, loss: null, settings: settings(mean) },
  samples: {
    ...{ n: 2000, ranges: 1, batchSize: 64, guidance: 1, left: [] },
    extractor: { name: 'MnistCnn', sha256: 'd24b18cc65020b23', resize: 'none', rounding: 'round' },
    reference: { data: 'mnist', split: 'train', count: 60_000 },
  },
})

beforeAll(() => {
  mkdirSync(join(folder, 'models', 'features'), { recursive: true })
  writeFileSync(join(folder, 'models', 'features', 'package.json'), '{"name": "@you/features", "version": "1.2.3"}')
  const baseline = { name: '@you/model-plain', evaluations: [evaluation(4.5)] }
  addModel('digits', {
    quality: qualityRecord({ evaluations: [evaluation(3.25)], baseline, speed: [] } as never),
  })
  addModel('plain')
})

describe('mixflow zoo', () => {
  it('lists model packages and ignores other folders', async () => {
    const { code, stdout } = await zoo(inFolder('models'), '--list', inFolder('list.json'))
    expect(code).toBe(0)
    expect(stdout).toContain('@you/model-digits@1.2.3')
    expect(stdout).not.toContain('features')
    const list = JSON.parse(text('list.json'))
    const manifest = readFileSync(join(folder, 'models', 'digits', 'mixflow.json'))
    expect(list[0]).toEqual({
      ...{ name: 'digits', package: '@you/model-digits', baseline: 'plain' },
      address: 'https://cdn.jsdelivr.net/npm/@you/model-digits@1.2.3/mixflow.json',
      manifest: { bytes: manifest.length, sha256: await sha256Hex(manifest) },
    })
    expect(list[1]).toMatchObject({ name: 'plain', baseline: null })
    const files = [...small].filter(([path]) => path !== 'mixflow.json')
    const [digits] = await readModelPackages(inFolder('models'))
    expect(modelBytes(digits!)).toBe(files.reduce((sum, [, { length }]) => sum + length, manifest.length))
  })

  it('writes a comparison between markers and keeps the rest of the file', async () => {
    writeFileSync(
      join(folder, 'zoo.md'),
      `# Ours\n\n${sectionMarks('zoo').begin}\n${sectionMarks('zoo').end}\n\nWords.\n`,
    )
    expect(await zoo(inFolder('models'), '--report', inFolder('zoo.md'))).toMatchObject({ code: 0 })
    const report = text('zoo.md')
    expect(report).toMatch(/^# Ours\n[\s\S]*Words\.\n$/)
    expect(report).toContain('| [digits](models/digits) | greyscale 4×6, 3 classes |')
    expect(report).toContain('## digits\n\nSmall.')
    expect(report).toContain('| heun | 3 | 3.25 | 4.50 |')
    expect(report).toContain('## plain\n\nSmall.\n\nNothing was measured.')
    expect(report).not.toMatch(/undefined|NaN|\[object/)
  })

  it.each(hostileNames)('shows the description, licence and folder %j as text', async name => {
    const packages = await readModelPackages(inFolder('models'))
    const report = (name: string) =>
      zooReport(
        packages.map(each => ({
          ...each,
          folder: inFolder('models', name),
          manifest: { ...each.manifest, description: name, licence: name },
        })),
        inFolder('zoo.md'),
      )
    expect(report(name)).not.toMatch(unprintable)
    expect(report(name)).not.toContain('<')
    const borders = (of: string) => of.split('\n').map(line => line.match(/(?<!\\)\|/g)?.length)
    expect(borders(report(name))).toEqual(borders(report('plain')))
  })

  it('refuses a missing folder, a file without markers, and incomplete or misnamed packages', async () => {
    expect((await zoo('nowhere')).stderr).toContain('cannot read nowhere: ENOENT')
    writeFileSync(join(folder, 'words.md'), '# Words\n')
    expect((await zoo(inFolder('models'), '--report', inFolder('words.md'))).stderr).toContain(
      'has no markers for the generated section',
    )
    const spoilt = join(folder, 'spoilt')
    cpSync(join(folder, 'models', 'plain'), join(spoilt, 'x'), { recursive: true })
    writeFileSync(join(spoilt, 'x', 'package.json'), '{"name": "@you/model-other", "version": "1.0.0"}')
    expect((await zoo(spoilt)).stderr).toContain('has the name plain, not other')
    rmSync(join(spoilt, 'x', 'package.json'))
    expect((await zoo(spoilt)).stderr).toContain('no package.json with name and version')
  })
})

describe('in this repository', () => {
  const root = fileURLToPath(new URL('../../../../../', import.meta.url))
  const regenerate = 'out of date: npx -y pnpm@12 zoo'

  it('the list in @mixflow/zoo is up to date with models/', async () => {
    const packages = await readModelPackages(join(root, 'models'))
    expect(models, regenerate).toEqual(zooList(packages))
  })

  it('docs/zoo.md is up to date with models/', async () => {
    const packages = await readModelPackages(join(root, 'models'))
    const file = join(root, 'docs', 'zoo.md')
    const before = readFileSync(file, 'utf8')
    const section = zooReport(packages, file)
    expect(before, regenerate).toBe(
      replaceSection(before, { section, file: relative(root, file), marks: sectionMarks('zoo') }),
    )
  })

  it('each model has at most 10 MB', async () => {
    const packages = await readModelPackages(join(root, 'models'))
    expect(packages.filter(model => modelBytes(model) > 10e6).map(({ name }) => name)).toEqual([])
  })
})
