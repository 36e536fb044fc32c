import { describe, expect, it } from 'vitest'
import { formula } from './formula.ts'

const value = (text: string, variables: Record<string, number> = {}) => formula(text, Object.keys(variables))(variables)

describe('formula', () => {
  it.each<[string, Record<string, number>, number]>([
    ['1 + 2*3 - 4/8', {}, 6.5],
    ['2n-1', { n: 5 }, 9],
    ['-x^2', { x: 3 }, -9],
    ['2^3^2', {}, 512],
    ['2^-1', {}, 0.5],
    ['8/2/2', {}, 2],
    ['5 - 2 - 1', {}, 2],
    ['(x+1)(x-1)', { x: 4 }, 15],
    ['1.5e-3 x', { x: 2 }, 0.003],
    [
      'sin(3x)(1-t) + 0.5 cos(2 pi t) x - 0.3 x^3',
      { x: 0.7, t: 0.2 },
      0.8 * Math.sin(2.1) + 0.35 * Math.cos(0.4 * Math.PI) - 0.3 * 0.343,
    ],
    ['exp(log(x)) + sqrt(abs(-4)) - tanh(0)', { x: 5 }, 7],
  ])('%s', (text, variables, expected) => {
    expect(value(text, variables)).toBeCloseTo(expected, 12)
  })

  it.each(['', '1 +', '2 y', 'sin x', '(1', '1)', 'constructor(1)', '__proto__', 'x; x', '1..2', 'process.exit(1)'])(
    'refuses "%s"',
    text => {
      expect(() => formula(text, ['x'])).toThrow(expect.objectContaining({ code: 'VERIFY_INVALID' }))
    },
  )
})
