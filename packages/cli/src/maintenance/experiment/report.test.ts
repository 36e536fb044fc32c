import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { resolveConfig } from '@mixflow/train'
import type { MethodName } from '@mixflow/zoo'
import { afterAll, describe, expect, it } from 'vitest'
import { type ExperimentRun, experimentRunText } from './experiment-run.ts'
import { claimText, groupSection, writeExperimentReport } from './report.ts'
import { summarize } from './summary.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-experiment-report-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Measured {
  readonly euler5: number
  readonly heun33: number
  readonly curvature: number
}

function record(method: MethodName, seed: number, { euler5, heun33, curvature }: Measured): ExperimentRun {
  const distance = (solver: 'euler' | 'heun', nfe: number, value: number) => ({
    ...{ solver, nfe, label: 'FD-ResNet56-2k', distance: value },
  })
  return {
    ...({ format: 'mixflow-experiment-run', version: 1, experiment: 'few-step', method, seed, changes: [] } as const),
    preset: 'cifar10-few-step',
    data: { name: 'cifar10', images: 50_000, fingerprint: 'ab' },
    config: resolveConfig({ preset: 'cifar10-few-step', method, set: [`seed=${seed}`] }).config,
    parameters: { denoiser: 2_425_868, encoder: method === 'mixflow' ? 223_416 : 0 },
    machine: { processor: 'one', cores: 2, threads: 1, node: '20.0.0' },
    training: {
      ...{ steps: 1500, imagesSeen: 96_000, seconds: 800 },
      losses: [{ imagesSeen: 96_000, flowLoss: 0.2, kl: 0 }],
    },
    measures: {
      ...{ seconds: 100, extractor: { name: 'ResNet56', sha256: 'cd' }, images: 2000, seed: 0 },
      distances: [distance('euler', 5, euler5), distance('heun', 33, heun33)],
      curvature: {
        ...{ mean: curvature, standardDeviation: 0.01, trajectories: 256, steps: 128 },
        byTime: [
          { from: 0, to: 0.5, value: curvature / 2 },
          { from: 0.5, to: 1, value: (3 * curvature) / 2 },
        ],
      },
    },
  }
}

const runs = [
  record('mixflow', 2, { euler5: 16, heun33: 13, curvature: 0.04 }),
  record('rectified-flow', 1, { euler5: 20, heun33: 10, curvature: 0.05 }),
  record('rectified-flow', 2, { euler5: 20, heun33: 10, curvature: 0.05 }),
  record('mixflow', 1, { euler5: 15, heun33: 11, curvature: 0.045 }),
]

describe('the summary of records', () => {
  const [group] = summarize(runs)

  it('has a row for each method, with mean and deviation over seeds', () => {
    expect(group?.rows.map(({ name }) => name)).toEqual(['rectified-flow', 'mixflow'])
    const { mean, deviation } = group!.rows[1]!.values.get('euler 5')!
    expect([mean, deviation]).toEqual([15.5, Math.SQRT1_2])
  })

  it('compares seed by seed', () => {
    const [comparison] = group!.comparisons
    expect(comparison?.seeds).toEqual([1, 2])
    expect(comparison?.changes.get('euler 5')).toEqual([-0.25, expect.closeTo(-0.2, 12)])
    expect(comparison?.changes.get('heun 33')).toEqual([expect.closeTo(0.1, 12), expect.closeTo(0.3, 12)])
  })

  it('lists missing runs', () => {
    expect(group?.missing).toEqual([
      { method: 'optimal-transport', seeds: [1, 2] },
      { method: 'fast-ode', seeds: [1, 2] },
    ])
  })

  it('separates lengths and data sets', () => {
    const short = { ...runs[0]!, training: { ...runs[0]!.training, steps: 40 } }
    expect(summarize([...runs, short]).map(({ steps, rows }) => [steps, rows.length])).toEqual([
      [40, 1],
      [1500, 2],
    ])
  })
})

describe('the section of a group', () => {
  const [group] = summarize(runs)
  const text = groupSection(group!, { distances: 'a.svg', curvature: 'b.svg' })

  it('has the table, the comparison and the missing runs', () => {
    expect(text).toContain('| MixFlow (seeds 1, 2) | **15.5 ± 0.7** | 12.0 ± 1.4 | **0.0425 ± 0.0035** |')
    expect(text).toContain(
      '| MixFlow (seeds 1, 2) | −22.5 (−25.0 … −20.0) | +20.0 (+10.0 … +30.0) | −15.0 (−20.0 … −10.0) |',
    )
    expect(text).toContain('Missing:** minibatch optimal transport (seeds 1, 2); Fast-ODE (seeds 1, 2)')
    expect(text).toContain('![Distance by NFE](a.svg)')
  })

  it('claims only what all seeds show', () => {
    const { comparisons, columns } = group!
    expect(claimText(comparisons[0]!, columns)).toBe(
      'Agreement with the paper: with every seed (1, 2) the distance of MixFlow is at least 12 % lower than that of rectified flow at Euler 5; its trajectories are less curved; higher at Heun 33.',
    )
    const changes = new Map(columns.map(({ key }) => [key, [-0.3, key === 'curvature' ? 0.01 : -0.05]]))
    expect(claimText({ name: 'mixflow', seeds: [1, 2], changes }, columns)).toMatch(
      /is not 12 % lower .* at any budget up to 9 NFE; .* not always less curved; it is lower at Euler 5, Heun 33\.$/,
    )
  })
})

describe('writeExperimentReport', () => {
  it('writes the file and charts, and the same again', async () => {
    const results = join(root, 'results')
    mkdirSync(join(results, 'cifar10-1500-steps'), { recursive: true })
    for (const run of runs) {
      const path = join(results, 'cifar10-1500-steps', `${run.method}-seed-${run.seed}.json`)
      writeFileSync(path, experimentRunText(run))
    }
    const file = join(root, 'experiments.md')
    const written = await writeExperimentReport({ results, file })
    const first = readFileSync(file, 'utf8')
    expect(first).toContain('](results/cifar10-1500-steps/distances.svg)')
    expect(first).toContain('**Missing:** all runs on MNIST.\n')
    for (const path of written.filter(each => each.endsWith('.svg'))) {
      const svg = readFileSync(path, 'utf8')
      expect(svg.startsWith('<svg ') && svg.trimEnd().endsWith('</svg>')).toBe(true)
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    }
    writeFileSync(file, first.replace('# Few steps', '# Few steps\n\nOur own words.'))
    await writeExperimentReport({ results, file })
    expect(readFileSync(file, 'utf8')).toBe(first.replace('# Few steps', '# Few steps\n\nOur own words.'))
  })

  it('refuses a file without markers, and a folder without results', async () => {
    writeFileSync(join(root, 'words.md'), '# Words\n')
    const nowhere = { results: join(root, 'results'), file: join(root, 'words.md') }
    await expect(writeExperimentReport(nowhere)).rejects.toThrow(/no markers/)
    const nothing = { results: join(root, 'nothing'), file: join(root, 'x.md') }
    await expect(writeExperimentReport(nothing)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('the results in this repository', () => {
  const docs = resolve(import.meta.dirname, '../../../../../docs')

  it('are up to date in docs/experiments.md', async () => {
    const text = readFileSync(join(docs, 'experiments.md'), 'utf8')
    const copy = mkdtempSync(join(root, 'docs-'))
    cpSync(join(docs, 'experiments'), join(copy, 'experiments'), { recursive: true })
    writeFileSync(join(copy, 'experiments.md'), text)
    const written = await writeExperimentReport({
      results: join(copy, 'experiments/few-step'),
      file: join(copy, 'experiments.md'),
    })
    for (const path of written) {
      expect(readFileSync(path, 'utf8')).toBe(readFileSync(path.replace(copy, docs), 'utf8'))
    }
  })
})
