import { expect, it } from 'vitest'
import { Shared } from './shared.ts'

function things() {
  const shared = new Shared<{ readonly name: number; release(): Promise<void> }>()
  const log: string[] = []
  const make = async () => {
    const name = log.filter(line => line.startsWith('made')).length
    log.push(`made ${name}`)
    await new Promise(resolve => setImmediate(resolve))
    return { name, release: async () => void log.push(`released ${name}`) }
  }
  return { shared, log, make }
}

it('is made once for all who want it at the same time, and released with the last', async () => {
  const { shared, log, make } = things()
  const [a, b] = await Promise.all([shared.take('k', make), shared.take('k', make)])
  const other = await shared.take('other', make)
  expect([a.thing, b.thing.name, other.thing.name]).toEqual([b.thing, 0, 1])
  await a.giveBack()
  await a.giveBack()
  expect(log).toEqual(['made 0', 'made 1'])
  const c = await shared.take('k', make)
  expect(c.thing).toBe(b.thing)
  await Promise.all([b.giveBack(), c.giveBack()])
  expect(log).toEqual(['made 0', 'made 1', 'released 0'])
  expect((await shared.take('k', make)).thing.name).toBe(2)
})

it('a failure is told to all who wait, and to nobody later', async () => {
  const { shared, make } = things()
  const fail = async (): Promise<never> => {
    throw new Error('no memory')
  }
  const outcomes = await Promise.allSettled([shared.take('k', fail), shared.take('k', make)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await shared.take('k', make)).thing.name).toBe(0)
})
