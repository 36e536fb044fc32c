import { expect, it } from 'vitest'
import { Queue } from './queue.ts'

it('runs one task at a time, in layout, past those that fail', async () => {
  const queue = new Queue()
  const log: string[] = []
  let running = 0
  const task = (name: string, fails = false) =>
    queue.run(async () => {
      expect(++running).toBe(1)
      log.push(name)
      await new Promise(resolve => setImmediate(resolve))
      running--
      if (fails) throw new Error(name)
      return name
    })
  const [a, b, c] = [task('a'), task('b', true), task('c')]
  await expect(b).rejects.toThrow('b')
  expect(await a).toBe('a')
  expect(await c).toBe('c')
  const late = task('d')
  await queue.idle()
  expect(log).toEqual(['a', 'b', 'c', 'd'])
  expect(await late).toBe('d')
})
