/** The first file to read must run, stay short, and show what it says. */

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compare } from './minimal.ts'

it('is at most 100 lines', () => {
  const lines = readFileSync(new URL('minimal.ts', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThanOrEqual(100)
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(120)
})

it('MixFlow straightens the paths, and so needs fewer steps', async () => {
  const { MixFlow, 'rectified flow': plain } = await compare(500)
  expect(MixFlow?.curvature).toBeLessThan(0.5 * (plain?.curvature as number))
  for (const steps of ['1 steps', '2 steps'] as const) {
    expect(MixFlow?.[steps]).toBeLessThan(0.7 * (plain?.[steps] as number))
  }
  expect(MixFlow?.['8 steps']).toBeLessThan(0.1)
}, 120_000)
