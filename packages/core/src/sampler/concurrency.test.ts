import { expect, it } from 'vitest'
import { analyticModel } from '../testing/analytic-model.ts'
import { forEachConcurrently } from './concurrency.ts'
import type { SampleProgress } from './result.ts'
import { sample } from './sample.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

it.each([1, 3, 20])('%d at a time, started in order, each once', async concurrency => {
  const begun: number[] = []
  let [running, most] = [0, 0]
  await forEachConcurrently(Array(10).keys(), concurrency, async item => {
    begun.push(item)
    most = Math.max(most, ++running)
    for (let i = 0; i <= item % 3; i++) await turn()
    running--
  })
  expect(begun).toEqual([...Array(10).keys()])
  expect(most).toBe(Math.min(10, concurrency))
})

it('the first failure stops the others, and comes out when they have ended', async () => {
  const mine = new Error('mine')
  const ended: number[] = []
  const run = forEachConcurrently(Array(9).keys(), 3, async (item, checkContinue) => {
    try {
      for (let i = 0; i < 5; i++) {
        await turn()
        checkContinue()
        if (item === 1 && i === 2) throw mine
      }
    } finally {
      ended.push(item)
    }
  })
  await expect(run).rejects.toBe(mine)
  expect(ended.sort()).toEqual([0, 1, 2])
})

/** The analytic model with evaluations of different durations. */
function concurrent(count: number) {
  const { model, backend } = analyticModel()
  let [running, most] = [0, 0]
  const velocity: typeof backend.velocity = async (x, inputs) => {
    most = Math.max(most, ++running)
    for (let i = 0; i < 1 + (x.length % 3); i++) await turn()
    running--
    return backend.velocity(x, inputs)
  }
  return { model, backend: { ...backend, concurrency: count, velocity }, most: () => most }
}

const request = { count: 11, firstImage: 2, seed: 5, batchSize: 2, solver: 'heun', steps: 3, guidance: 0 } as const

it('concurrent batches give the same result, image by image', async () => {
  const { model, backend, most } = concurrent(4)
  const { backend: plain } = analyticModel()
  const { milliseconds: _, timings: __, ...together } = await sample(backend, model, request)
  const { milliseconds: ___, timings: ____, ...alone } = await sample(plain, model, request)
  expect(together).toEqual(alone)
  expect(most()).toBe(4)
})

it('batches are small enough to use the whole concurrency, unless their size is given', async () => {
  const { model, backend, most } = concurrent(4)
  const sizes = new Set<number>()
  const onStep = ({ images }: SampleProgress) => void sizes.add(images)
  await sample(backend, model, { count: 7, onStep })
  expect([...sizes].sort()).toEqual([1, 2])
  expect(most()).toBe(4)
  sizes.clear()
  await sample(backend, model, { count: 7, batchSize: 64, onStep })
  expect([...sizes]).toEqual([7])
})

it('onStep is called for one step at a time, with growing fractions', async () => {
  const { model, backend } = concurrent(3)
  let calls = 0
  const fractions: number[] = []
  const onStep = async ({ fraction }: SampleProgress) => {
    expect(++calls).toBe(1)
    await turn()
    fractions.push(fraction)
    calls--
  }
  await sample(backend, model, { ...request, onStep })
  expect(fractions).toHaveLength(6 * 3)
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  expect(fractions.at(-1)).toBe(1)
})

it('onStep is not called again after it throws or aborts', async () => {
  const { model, backend } = concurrent(3)
  const mine = new Error('mine')
  let calls = 0
  const failing = async () => {
    calls++
    await turn()
    throw mine
  }
  await expect(sample(backend, model, { ...request, onStep: failing })).rejects.toBe(mine)
  const controller = new AbortController()
  const aborting = async () => {
    calls++
    controller.abort()
  }
  const aborted = sample(backend, model, { ...request, onStep: aborting, signal: controller.signal })
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
  expect(calls).toBe(2)
})
