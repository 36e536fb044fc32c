import { expect, it } from 'vitest'
import { killOften } from './kill.ts'

it('a killed sample, run again, writes what an undisturbed one does', async () => {
  expect(await killOften('sample', { seed: 1, kills: 1 })).toEqual({ kills: 1, failures: [] })
})
