import { expect, it } from 'vitest'
import { Queue } from './queue.ts'

/** A task that ends on request. */
function task() {
  let end = () => {}
  let begun = false
  const done = new Promise<void>(resolve => {
    end = resolve
  })
  const run = () => {
    begun = true
    return done
  }
  return { run, end, begun: () => begun }
}

const settled = () => new Promise(resolve => setImmediate(resolve))

it.each([1, 3])('%d at a time, in the order they came', async places => {
  const queue = new Queue(places)
  const tasks = Array.from({ length: 7 }, task)
  const runs = tasks.map(({ run }) => queue.run(run))
  for (const [i, { end }] of tasks.entries()) {
    await settled()
    expect(tasks.map(({ begun }) => begun())).toEqual(tasks.map((_, k) => k < i + places))
    end()
  }
  await Promise.all(runs)
})

it('a task that throws passes its turn on', async () => {
  const queue = new Queue()
  const failing = queue.run(async () => {
    throw new Error('mine')
  })
  const synchronous = queue.run(() => {
    throw new Error('mine, too')
  })
  const next = queue.run(() => 'done')
  await expect(failing).rejects.toThrow('mine')
  await expect(synchronous).rejects.toThrow('mine, too')
  expect(await next).toBe('done')
})

it('an aborted task rejects at once at any position, and the others keep their order', async () => {
  const queue = new Queue()
  const first = task()
  const running = queue.run(first.run)
  const controller = new AbortController()
  const order: string[] = []
  const waiting = [
    queue.run(() => void order.push('a')),
    queue.run(() => void order.push('never'), controller.signal),
    queue.run(() => void order.push('b')),
  ]
  const reason = new Error('no longer needed')
  controller.abort(reason)
  await expect(waiting[1]).rejects.toMatchObject({ code: 'ABORTED', cause: reason })
  expect(order).toEqual([])
  first.end()
  await Promise.all([running, waiting[0], waiting[2]])
  expect(order).toEqual(['a', 'b'])
  await expect(queue.run(() => void order.push('never'), controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await queue.run(() => 'free')).toBe('free')
})

it('many may wait with one signal, and leave nothing on it', async () => {
  const queue = new Queue()
  const { signal } = new AbortController()
  const warnings: Error[] = []
  const warn = (warning: Error) => void warnings.push(warning)
  process.on('warning', warn)
  await Promise.all(Array.from({ length: 100 }, () => queue.run(() => settled(), signal)))
  await settled()
  process.off('warning', warn)
  expect(warnings).toEqual([])
})
