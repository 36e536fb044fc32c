import { describe, expect, it } from 'vitest'
import { oddBuffer } from './child.ts'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

const all = await targets()

describe('every reader of foreign bytes', () => {
  it.each(all.map(target => [target.name, target] as const))(
    '%s reads its seeds, also from a Buffer at an odd offset',
    async (_, target) => {
      for (const seed of target.seeds) {
        expect(await target.read(oddBuffer(seed))).toEqual(await target.read(Uint8Array.from(seed)))
      }
    },
  )

  it('answers 20,000 damaged files with a value or a MixflowError, soon and in little memory', async () => {
    const { counted, failures } = await fuzz({ seed: 16, mutations: 20_000 })
    expect(failures).toEqual([])
    expect(counted.map(({ target }) => target)).toEqual(all.map(({ name }) => name))
    expect(counted.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThanOrEqual(20_000)
    // damage that nothing survives would try little
    for (const { target, values } of counted) expect([target, values > 0]).toEqual([target, true])
  })
})
