import { expect, it } from 'vitest'
import { SharedValues } from './shared-networks.ts'

function values() {
  const shared = new SharedValues<{ readonly name: number; release(): Promise<void> }>()
  const log: string[] = []
  const make = async () => {
    const name = log.filter(line => line.startsWith('made')).length
    log.push(`made ${name}`)
    await new Promise(resolve => setImmediate(resolve))
    return { name, release: async () => void log.push(`released ${name}`) }
  }
  return { shared, log, make }
}

it('creates a value once for concurrent callers, and releases it with the last', async () => {
  const { shared, log, make } = values()
  const [a, b] = await Promise.all([shared.take('k', make), shared.take('k', make)])
  const other = await shared.take('other', make)
  expect([a.value, b.value.name, other.value.name]).toEqual([b.value, 0, 1])
  await a.release()
  await a.release()
  expect(log).toEqual(['made 0', 'made 1'])
  const c = await shared.take('k', make)
  expect(c.value).toBe(b.value)
  await Promise.all([b.release(), c.release()])
  expect(log).toEqual(['made 0', 'made 1', 'released 0'])
  expect((await shared.take('k', make)).value.name).toBe(2)
})

it('a failure rejects all waiting callers, and no later ones', async () => {
  const { shared, make } = values()
  const fail = async (): Promise<never> => {
    throw new Error('no memory')
  }
  const outcomes = await Promise.allSettled([shared.take('k', fail), shared.take('k', make)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await shared.take('k', make)).value.name).toBe(0)
})
