import { describe, expect, it } from 'vitest'
import { JointCalls, type RunRows } from './joint-backend.ts'

/** y = 10 x, for rows of two numbers; what each call of the network got is kept. */
function tenfold(before: (x: Float32Array) => void | Promise<void> = () => {}) {
  const seen: number[][] = []
  const run: RunRows = async ({ x, t }, rows) => {
    seen.push([...x!])
    await before(x as Float32Array)
    expect([x!.length, t!.length]).toEqual([2 * rows, rows])
    return { y: (x as Float32Array).map(value => 10 * value) }
  }
  const calls = new JointCalls(run)
  const call = async (values: readonly number[], signal?: AbortSignal) => {
    const rows = values.length / 2
    const { y } = await calls.call({ x: Float32Array.from(values), t: new Float32Array(rows) }, rows, signal)
    return [...y!]
  }
  return { call, seen }
}

describe('calls of one turn', () => {
  it('become one call of the network, and each gets its rows', async () => {
    const { call, seen } = tenfold()
    const results = await Promise.all([call([1, 2]), call([3, 4, 5, 6]), call([7, 8])])
    expect(results).toEqual([[10, 20], [30, 40, 50, 60], [70, 80]]) // biome-ignore format: rows
    expect(seen).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]])
  })

  it('made while the network runs become the next one', async () => {
    const late: Promise<number[]>[] = []
    const { call, seen } = tenfold(() => {
      if (late.length === 0) late.push(call([3, 4]), call([5, 6]))
    })
    expect(await call([1, 2])).toEqual([10, 20])
    expect(await Promise.all(late)).toEqual([
      [30, 40],
      [50, 60],
    ])
    expect(seen).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ])
  })

  it('that follow at once are joined again', async () => {
    const { call, seen } = tenfold()
    const thrice = async (value: number) => {
      let x = [value, value]
      for (let i = 0; i < 3; i++) x = await call(x)
      return x
    }
    expect(await Promise.all([thrice(1), thrice(2)])).toEqual([
      [1000, 1000],
      [2000, 2000],
    ])
    expect(seen).toHaveLength(3)
  })
})

describe('an aborted call', () => {
  it('that is waiting does not run, and the others do', async () => {
    const { call, seen } = tenfold()
    const stop = new AbortController()
    const given = call([1, 2], stop.signal)
    const kept = call([3, 4])
    stop.abort('gone')
    await expect(given).rejects.toMatchObject({ code: 'ABORTED', cause: 'gone' })
    expect(await kept).toEqual([30, 40])
    await expect(call([5, 6], stop.signal)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen).toEqual([[3, 4]])
  })
})

describe('if the network throws', () => {
  it('each call runs separately, and only the faulty one fails', async () => {
    const { call } = tenfold(x => {
      if (x.includes(13)) throw new Error('unlucky')
    })
    const results = await Promise.allSettled([call([1, 2]), call([13, 1]), call([3, 4])])
    expect(results).toEqual([
      { status: 'fulfilled', value: [10, 20] },
      { status: 'rejected', reason: new Error('unlucky') },
      { status: 'fulfilled', value: [30, 40] },
    ])
    expect(await call([5, 6])).toEqual([50, 60])
  })
})
