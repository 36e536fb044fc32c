import { describe, expect, it } from 'vitest'
import { type Failure, inputOf, oddBuffer } from './child.ts'
import { isFaulty, targets as planted } from './fixtures/planted.ts'
import { fuzz } from './fuzz.ts'
import { type Target, targets } from './targets.ts'

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

  it('answers 20,000 damaged files with a value or a MixflowError, within the limits of time and memory', async () => {
    const { counted, failures } = await fuzz({ seed: 16, mutations: 20_000 })
    expect(failures).toEqual([])
    expect(counted.map(({ target }) => target)).toEqual(all.map(({ name }) => name))
    expect(counted.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThanOrEqual(20_000)
    // if every input were refused, the damage would be too great to reach deep code
    for (const { target, values } of counted) expect([target, values > 0]).toEqual([target, true])
  })
})

describe('the harness', () => {
  const module = new URL('fixtures/planted.ts', import.meta.url).href
  const limits = { cpuMilliseconds: 50, megabytes: 100, blockedMilliseconds: 10_000, heapMegabytes: 64 }
  const options = { seed: 1819, mutations: 9 * 4, module, limits }
  const messages: Readonly<Record<string, RegExp>> = {
    loops: /^blocked for 10 s/,
    'is slow': /^took \d+ ms of CPU time/,
    'stands still': /^blocked for 10 s/,
    'never settles': /^ended with 13/,
    allocates: /^raised the peak memory by \d+ MB/,
    'fills the heap': /heap out of memory/,
    'throws an untyped error': /^TypeError/,
    'ends the process': /^ended with 0/,
  }

  it('reports each input at which a reader loops, blocks, allocates, crashes or throws what it should not', async () => {
    const found = await fuzz(options)
    const isOf = (name: string, at: number) => (failure: Failure) =>
      failure.target === name && failure.index === at && messages[name]?.test(failure.what) === true
    let faulty = 0
    for (const target of await planted()) {
      const expected = [0, 1, 2, 3].filter(at => target.name in messages && isFaulty(inputOf(target, options.seed, at)))
      const reported = found.failures.filter(({ target: name }) => name === target.name)
      expect([target.name, [...new Set(reported.map(({ index }) => index))]]).toEqual([target.name, expected])
      for (const at of expected) expect(reported).toContainEqual(expect.toSatisfy(isOf(target.name, at)))
      expect(reported.every(({ seed }) => seed === options.seed)).toBe(true)
      if (expected.length > 0) faulty++
    }
    expect(faulty).toBe(Object.keys(messages).length)
  })

  it('repeats a failure by its seed, reader and index', async () => {
    const target = (await planted()).find(({ name }) => name === 'throws an untyped error') as Target
    const index = [0, 1, 2, 3].find(at => isFaulty(inputOf(target, options.seed, at))) as number
    const { counted, failures } = await fuzz({ ...options, only: [target.name], index })
    expect(counted).toMatchObject([{ target: target.name, inputs: 1 }])
    expect(failures).toMatchObject([{ seed: options.seed, target: target.name, index }])
  })
})
