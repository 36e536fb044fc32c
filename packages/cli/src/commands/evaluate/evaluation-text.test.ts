import { hostileNames, unprintable } from '@mixflow/core/testing'
import { describe, expect, it } from 'vitest'
import type { EvaluationResult } from './evaluation.ts'
import { speedQualityChart } from './evaluation-files.ts'
import { evaluationMarkdown, evaluationText } from './evaluation-text.ts'

const bins = [
  { from: 0, to: 0.5, loss: 1.5, standardError: 0.01 },
  { from: 0.5, to: 1, loss: 0.5, standardError: Number.NaN },
]
const losses = { bins, loss: 1, standardError: 0.02, images: 4 }

const range = (distance: number, nfe: number) => ({
  ...{
    firstImage: 0,
    images: 5000,
    nfe,
    steps: 3,
    inception: null,
    labelAccuracy: null,
    precisionRecall: null,
    nearCopies: null,
  },
  frechet: { distance, meanTerm: 0, covarianceTerm: distance },
})
const setting = (solver: 'heun' | 'dopri5', nfe: number, mean: number) => ({
  setting: { solver, ...(solver === 'heun' && { nfe }), guidance: 0.5 },
  ...{ nfe, steps: 3, ranges: [range(mean - 0.1, nfe), range(mean + 0.1, nfe)] },
  measures: [
    { metric: 'fd', label: 'FD-ResNet56-5k', mean, deviation: 0.1234 },
    { metric: 'near-copies', label: 'near-copies-ResNet56-1k', mean: 0.005, deviation: 0 },
  ] as const,
})

const result: EvaluationResult = {
  subject: { kind: 'checkpoint', source: 'runs/a', step: 1000, imagesSeen: 64_000, id: 'abc', device: 'CPU' },
  seed: 3,
  samples: {
    ...{ n: 5000, ranges: 2, batchSize: 64, guidance: 0.5 },
    extractor: { name: 'ResNet56', sha256: 'e0ced8e8ce0c', resize: 'none', rounding: 'round' },
    reference: { data: 'cifar10', split: 'train', count: 50_000 },
    left: [{ solver: 'heun', nfe: 2, reason: 'heun cannot take exactly 2 evaluations' }],
  },
  settings: [setting('heun', 5, 16.254), setting('heun', 9, 14.1), setting('dopri5', 97.25, 13.2)],
  trajectories: {
    ...{ mean: 0.125, standardDeviation: 0.5, trajectories: 4, steps: 128 },
    byTime: [
      { from: 0, to: 0.5, value: 0.2 },
      { from: 0.5, to: 1, value: 0.05 },
    ],
  },
  mixtureWeight: 0,
  loss: {
    ...{ images: 4, seed: 3, data: { name: 'mnist', split: 'test' } },
    flowLoss: [
      { mixtureWeight: 0, ...losses },
      { mixtureWeight: 1, ...losses, loss: 0.25 },
    ],
  },
}

describe('an evaluation as text', () => {
  it('has measures by setting, curvature by time, and the loss of each source', () => {
    expect(evaluationText(result).split('\n')).toEqual([
      'runs/a: step 1,000, 64,000 images seen; seed 3, CPU',
      '',
      'mean ± spread over 2 ranges of 5,000 images, against 50,000 images of cifar10 (train), features of ResNet56 (e0ced8e8, round), guidance 0.5',
      '',
      'solver   steps   NFE    FD-ResNet56-5k   near-copies-ResNet56-1k',
      'heun     3       5      16.25 ± 0.12     0.50 %',
      'heun     3       9      14.10 ± 0.12     0.50 %',
      'dopri5   3       97.3   13.20 ± 0.12     0.50 %',
      '',
      'Skipped: heun cannot take exactly 2 evaluations.',
      '',
      'curvature 0.125, standard deviation 0.500 over 4 trajectories of 128 Euler steps from N(0, I), without guidance',
      '',
      't       squared distance to the straight path',
      '0–0.5   0.200',
      '0.5–1   0.0500',
      '',
      'flow loss by time, ± standard error, on 4 images of mnist (test split), without guidance',
      '',
      't       from N(0, I)    from κ-FC at w = 1',
      '0–0.5   1.50 ± 0.0100   1.50 ± 0.0100',
      '0.5–1   0.500 ± –       0.500 ± –',
      'all     1.00 ± 0.0200   0.250 ± 0.0200',
    ])
  })

  it('is also Markdown with the chart', () => {
    const lines = evaluationMarkdown(result, { chart: 'evaluation.svg', neighbours: 'Near.' }).split('\n')
    expect(lines).toContain('| solver | steps | NFE | FD-ResNet56-5k | near-copies-ResNet56-1k |')
    expect(lines).toContain('| --- | --- | --- | --- | --- |')
    expect(lines.slice(-4)).toEqual(['![FD-ResNet56-5k by NFE](evaluation.svg)', '', 'Near.', ''])
  })
})

describe('the chart of an evaluation', () => {
  it('has a line for each solver, a dot for each range, and says what is better', () => {
    const svg = speedQualityChart(result)!
    expect(svg).toContain('FD-ResNet56-5k by NFE (lower is better)')
    expect(svg.match(/<circle/g)).toHaveLength(3 + 6)
    for (const name of ['heun', 'dopri5']) expect(svg).toContain(`>${name}</text>`)
  })

  it('is not drawn of a single setting', () => {
    expect(speedQualityChart({ ...result, settings: result.settings.slice(0, 1) })).toBeNull()
  })
})

it.each(hostileNames)('the name %j is escaped for terminals and Markdown', name => {
  const named = (name: string): EvaluationResult => ({
    ...result,
    subject: { ...result.subject, source: name, device: name },
    samples: {
      ...result.samples!,
      extractor: { ...result.samples!.extractor, name },
      reference: { ...result.samples!.reference!, data: name },
    },
    settings: result.settings.map(each => ({
      ...each,
      measures: each.measures.map(measure => ({ ...measure, label: name })),
    })),
    loss: { ...result.loss!, data: { name, split: 'test' } },
  })
  const shown = { chart: 'evaluation.svg', neighbours: '' }
  const [text, markdown] = [evaluationText(named(name)), evaluationMarkdown(named(name), shown)]
  expect(text).not.toMatch(unprintable)
  expect(text.split('\n').length).toBe(evaluationText(named('plain')).split('\n').length)
  expect(markdown).not.toMatch(unprintable)
  expect(markdown).not.toContain('<')
  const borders = (of: string) => of.split('\n').map(line => line.match(/(?<!\\)\|/g)?.length)
  expect(borders(markdown)).toEqual(borders(evaluationMarkdown(named('plain'), shown)))
  const picture = speedQualityChart(named(name))!
  expect(picture).not.toMatch(unprintable)
  expect(picture.match(/</g)).toEqual(speedQualityChart(named('plain'))!.match(/</g))
})
