/** Sampler defaults follow the training configuration, the options, and what the model can do. */

import type { Checkpoint } from '@mixflow/core/internal'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../fixtures/tiny-checkpoint.ts'
import { samplingDefaults } from './sampling.ts'

type Facts = Pick<Checkpoint, 'config' | 'labels' | 'source'>

const facts = (change: Partial<Facts> = {}): Facts => ({
  config: { sampling: { solver: 'heun', nfe: 5, guidance: 0.5 } },
  labels: { count: 3 },
  source: sourceOf(),
  ...change,
})

describe('samplingDefaults', () => {
  test('are those of training', () => {
    expect(samplingDefaults({}, facts())).toEqual({ solver: 'heun', nfe: 5, guidance: 0.5, mixtureWeight: 0 })
  })

  test('are those of the paper where training says nothing', () => {
    const expected = { solver: 'heun', nfe: 9, guidance: 0, mixtureWeight: 0 }
    expect(samplingDefaults({}, facts({ config: {} }))).toEqual(expected)
  })

  test('have no guidance without classes', () => {
    expect(samplingDefaults({}, facts({ labels: null })).guidance).toBe(0)
  })

  test('have no guidance where each image needs a label', () => {
    const model = facts({ labels: { count: 3, required: true } })
    expect(samplingDefaults({}, model).guidance).toBe(0)
    expect(samplingDefaults({ guidance: 0 }, model).guidance).toBe(0)
    expect(() => samplingDefaults({ guidance: 1 }, model)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('labelDropout') }),
    )
  })

  test.each(['label', 'noise'] as const)('start from the encoder where κ is the %s', kappa => {
    const model = facts({ source: sourceOf({ kappa }) })
    expect(samplingDefaults({}, model).mixtureWeight).toBe(1)
    expect(samplingDefaults({ mixtureWeight: 0.25 }, model).mixtureWeight).toBe(0.25)
  })

  test('take single options over those of training; undefined is none', () => {
    expect(samplingDefaults({ solver: 'euler' }, facts())).toMatchObject({ solver: 'euler', nfe: 5, guidance: 0.5 })
    expect(samplingDefaults({ steps: 3 }, facts())).toEqual({
      solver: 'heun',
      steps: 3,
      guidance: 0.5,
      mixtureWeight: 0,
    })
    expect(samplingDefaults({ nfe: undefined, solver: undefined } as never, facts())).toMatchObject({
      solver: 'heun',
      nfe: 5,
    })
    expect(samplingDefaults({ solver: 'dopri5' }, facts())).toEqual({
      solver: 'dopri5',
      guidance: 0.5,
      mixtureWeight: 0,
    })
  })

  test('of an adaptive training configuration have no number of evaluations', () => {
    const config = { sampling: { solver: 'dopri5', nfe: 5, guidance: 0 } }
    expect(samplingDefaults({}, facts({ config }))).toEqual({ solver: 'dopri5', guidance: 0, mixtureWeight: 0 })
  })

  test.each([
    [{ nfe: 4 }, /heun cannot take exactly 4/],
    [{ nfe: 5, steps: 3 }, /exclude each other/],
    [{ solver: 'dopri5', nfe: 5 }, /dopri5 is adaptive/],
    [{ solver: 'rk5' }, /solver is "rk5"/],
    [{ steps: 0 }, /steps is 0/],
    [{ nfe: 2.5 }, /nfe is 2.5/],
    [{ guidance: -1 }, /guidance is -1/],
    [{ guidence: 1 }, /unknown option "guidence"/],
  ])('%j is refused', (options, message) => {
    expect(() => samplingDefaults(options as never, facts())).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('a configuration that cannot be done is refused, too', () => {
    const config = { sampling: { solver: 'midpoint', nfe: 5, guidance: 0 } }
    expect(() => samplingDefaults({}, facts({ config }))).toThrow(/midpoint cannot take exactly 5/)
  })
})
