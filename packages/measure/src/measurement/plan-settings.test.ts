import { describe, expect, it } from 'vitest'
import { planSettings } from './plan-settings.ts'

describe('planSettings', () => {
  it('returns each solver at each NFE that it supports, an adaptive one once, and the skipped pairs', () => {
    const { settings, skipped } = planSettings({
      solvers: ['heun', 'euler', 'dopri5'],
      nfe: [2, 5],
      common: { guidance: 1, gridPower: 1.3, perImage: true },
    })
    expect(settings).toEqual([
      { solver: 'heun', nfe: 5, guidance: 1, gridPower: 1.3 },
      { solver: 'euler', nfe: 2, guidance: 1, gridPower: 1.3 },
      { solver: 'euler', nfe: 5, guidance: 1, gridPower: 1.3 },
      { solver: 'dopri5', guidance: 1, perImage: true },
    ])
    expect(skipped).toEqual([{ solver: 'heun', nfe: 2, reason: 'heun cannot take exactly 2 evaluations' }])
  })

  it('refuses an NFE that no solver supports, and suggests others', () => {
    expect(() => planSettings({ solvers: ['heun', 'dopri5'], nfe: [4] })).toThrow(/heun cannot take exactly 4/)
    try {
      planSettings({ solvers: ['heun'], nfe: [4] })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('use nfe 3 or 5') })
    }
  })
})
