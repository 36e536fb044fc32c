import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BatchCursor, type BatchOrderOptions, batchOrder, firstBatch } from './batch-order.ts'

const options = (changes: Partial<BatchOrderOptions> = {}): BatchOrderOptions => ({
  count: 10,
  batchSize: 4,
  seed: 7,
  flips: true,
  ...changes,
})

/** The first `images` of the sequence, as cut into batches. */
function sequence(changes: Partial<BatchOrderOptions>, images: number) {
  const batchAt = batchOrder(options(changes))
  const indices: number[] = []
  const flips: number[] = []
  for (let cursor = firstBatch; indices.length < images; ) {
    const batch = batchAt(cursor)
    expect(batch.firstImage).toBe(indices.length)
    indices.push(...batch.indices)
    flips.push(...(batch.flip ?? []))
    cursor = batch.next
  }
  return { indices: indices.slice(0, images), flips: flips.slice(0, images) }
}

describe('batchOrder', () => {
  it('has every image once per epoch, in a different order each time', () => {
    const { indices } = sequence({}, 30)
    const epochs = [0, 10, 20].map(start => indices.slice(start, start + 10))
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(new Set(epochs.map(epoch => epoch.join())).size).toBe(3)
  })

  it('completes the last batch of an epoch from the next one', () => {
    const batchAt = batchOrder(options())
    const { indices, next } = batchAt({ epoch: 0, position: 8 })
    expect(next).toEqual({ epoch: 1, position: 2 })
    const whole = sequence({}, 20).indices
    expect([...indices]).toEqual(whole.slice(8, 12))
    expect(batchAt({ epoch: 0, position: 6 }).next).toEqual({ epoch: 1, position: 0 })
  })

  it('has the same sequence for every batch size, also above the size of the set', () => {
    const whole = sequence({ batchSize: 1 }, 60)
    for (const batchSize of [3, 10, 25]) expect(sequence({ batchSize }, 60)).toEqual(whole)
  })

  it('depends only on seed and cursor, which may come from JSON and in any order', () => {
    const cursors = fc.record({ epoch: fc.nat(1_000_000), position: fc.nat(9) })
    fc.assert(
      fc.property(cursors, fc.nat(), (cursor, seed) => {
        const used = batchOrder(options({ seed }))
        used({ epoch: 5, position: 5 })
        const fresh = batchOrder(options({ seed }))
        const saved: BatchCursor = JSON.parse(JSON.stringify(used(cursor).next))
        expect(fresh(saved)).toEqual(used(saved))
        expect(fresh(cursor)).toEqual(used(cursor))
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('differs by seed', () => {
    expect(sequence({ seed: 8 }, 20)).not.toEqual(sequence({}, 20))
  })

  it('mirrors about half of the images, not the same ones each epoch, or none', () => {
    const { flips } = sequence({ count: 5000, batchSize: 100 }, 10_000)
    const mirrored = flips.reduce((sum, flip) => sum + flip, 0)
    // Five standard deviations of 10,000 coins are 250.
    expect(Math.abs(mirrored - 5000)).toBeLessThan(250)
    expect(flips.slice(0, 5000)).not.toEqual(flips.slice(5000))
    expect(batchOrder(options({ flips: false }))(firstBatch).flip).toBeNull()
  })

  it.each([{ count: 0 }, { count: 1.5 }, { batchSize: 0 }, { seed: -1 }, { seed: Number.NaN }])(
    'refuses %j',
    changes => {
      expect(() => batchOrder(options(changes))).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    },
  )

  it.each([
    { epoch: -1, position: 0 },
    { epoch: 0, position: 10 },
    { epoch: 0.5, position: 0 },
    { epoch: 2 ** 53, position: 0 },
  ])('refuses the cursor %j', cursor => {
    expect(() => batchOrder(options())(cursor)).toThrow(/cursor\.(epoch|position) must be an integer/)
  })
})
