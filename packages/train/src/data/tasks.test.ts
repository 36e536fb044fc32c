import { expect, it } from 'vitest'
import { memoryBudget } from './tasks.ts'

it('runs tasks concurrently while they fit, in order, and a large one alone', async () => {
  const budget = memoryBudget(10)
  let [used, most] = [0, 0]
  const order: number[] = []
  const task = (needed: number, i: number) =>
    budget.run(needed, async () => {
      order.push(i)
      used += Math.min(needed, 10)
      most = Math.max(most, used)
      await new Promise(resolve => setImmediate(resolve))
      used -= Math.min(needed, 10)
      if (i === 1) throw new Error('one that fails gives its share back')
    })
  const results = await Promise.allSettled([4, 6, 5, 99, 1, 10, 3].map(task))
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect({ used, most }).toEqual({ used: 0, most: 10 })
})
