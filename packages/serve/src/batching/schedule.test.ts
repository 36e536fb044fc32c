import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Part, Schedule } from './schedule.ts'

interface Running extends Part {
  readonly name: string
  end(): void
  fail(error: Error): void
}

/** Jobs whose parts run until the test ends them. */
function playground(largestBatch: number) {
  const schedule = new Schedule(largestBatch)
  const running: Running[] = []
  const add = (
    name: string,
    images: number,
    { rowsPerImage = 1, signal = new AbortController().signal }: Options = {},
  ) =>
    schedule.add({
      images,
      rowsPerImage,
      signal,
      run: part =>
        new Promise<void>((resolve, reject) => {
          const leave = (then: () => void) => () => {
            part.signal.removeEventListener('abort', onAbort)
            running.splice(running.indexOf(entry), 1)
            then()
          }
          const fail = (error: Error) => leave(() => reject(error))()
          const entry: Running = { ...part, name, end: leave(resolve), fail }
          const onAbort = () => fail(new Error('stopped'))
          part.signal.addEventListener('abort', onAbort)
          running.push(entry)
        }),
    })
  const shown = () => running.map(({ name, first, images }) => `${name} ${first}+${images}`)
  const turn = () => new Promise(resolve => setImmediate(resolve))
  return { schedule, running, add, shown, turn }
}

interface Options {
  readonly rowsPerImage?: 1 | 2
  readonly signal?: AbortSignal
}

describe('Schedule', () => {
  it('runs as many images as fit a batch', async () => {
    const { add, shown, schedule } = playground(8)
    void add('a', 3)
    void add('b', 4)
    void add('c', 4)
    expect(shown()).toEqual(['a 0+3', 'b 0+4', 'c 0+1'])
    expect([schedule.rows, schedule.images]).toEqual([8, 11])
  })

  it('leaves half of a batch free, so that a small job does not wait for a large one', async () => {
    const { add, shown, running, turn } = playground(8)
    void add('large', 100)
    expect(shown()).toEqual(['large 0+4'])
    void add('small', 2)
    expect(shown()).toEqual(['large 0+4', 'small 0+2'])
    running[1]!.end()
    await turn()
    expect(shown()).toEqual(['large 0+4'])
  })

  it('lets jobs take turns, part by part', async () => {
    const { add, shown, running, turn } = playground(4)
    void add('a', 5)
    void add('b', 5)
    void add('c', 1)
    expect(shown()).toEqual(['a 0+2', 'b 0+2'])
    running[0]!.end()
    await turn()
    expect(shown()).toEqual(['b 0+2', 'c 0+1', 'a 2+1'])
    running[0]!.end()
    await turn()
    expect(shown()).toEqual(['c 0+1', 'a 2+1', 'b 2+2'])
  })

  it('reserves room for the next job, so that small jobs cannot starve one with guidance', async () => {
    const { add, shown, running, turn } = playground(2)
    void add('a', 1)
    void add('b', 1)
    void add('guided', 1, { rowsPerImage: 2 })
    void add('c', 1)
    running[0]!.end()
    await turn()
    expect(shown()).toEqual(['b 0+1'])
    running[0]!.end()
    await turn()
    expect(shown()).toEqual(['guided 0+1'])
  })

  it('counts an image with guidance twice', () => {
    const { add, shown } = playground(6)
    void add('guided', 5, { rowsPerImage: 2 })
    void add('plain', 9)
    expect(shown()).toEqual(['guided 0+1', 'plain 0+3'])
    const least = playground(2)
    void least.add('guided', 2, { rowsPerImage: 2 })
    expect(least.shown()).toEqual(['guided 0+1'])
  })

  it('removes an aborted job in any state', async () => {
    const { add, shown, schedule, turn } = playground(4)
    const [running, waiting] = [new AbortController(), new AbortController()]
    const jobs = [
      add('running', 2, { signal: running.signal }),
      add('other', 2),
      add('waiting', 2, { signal: waiting.signal }),
      add('never', 2, { signal: AbortSignal.abort() }),
    ]
    await expect(jobs[3]).rejects.toMatchObject({ code: 'ABORTED' })
    waiting.abort()
    await expect(jobs[2]).rejects.toMatchObject({ code: 'ABORTED' })
    running.abort('gone')
    await expect(jobs[0]).rejects.toMatchObject({ code: 'ABORTED', cause: 'gone' })
    await turn()
    expect(shown()).toEqual(['other 0+2'])
    expect([schedule.rows, schedule.images]).toEqual([2, 2])
  })

  it('starts no further part of a failed job, and does not affect other jobs', async () => {
    const { add, shown, running, schedule } = playground(4)
    const job = add('a', 9)
    void add('b', 1)
    running[0]!.fail(new Error('broken'))
    await expect(job).rejects.toThrow('broken')
    expect(shown()).toEqual(['b 0+1'])
    expect([schedule.rows, schedule.images]).toEqual([1, 1])
  })

  it('samples each image once, in parts that fit, with random arrivals and aborts', async () => {
    const job = fc.record({
      images: fc.integer({ min: 1, max: 30 }),
      rowsPerImage: fc.constantFrom(1 as const, 2 as const),
      isGone: fc.boolean(),
    })
    const order = fc.array(fc.nat(), { minLength: 1, maxLength: 20 })
    const most = fc.integer({ min: 2, max: 17 })
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 8 }), most, order, async (jobs, most, order) => {
        const { schedule, running, add, turn } = playground(most)
        const stops = jobs.map(() => new AbortController())
        const made = jobs.map(() => [] as number[])
        const outcomes = jobs.map(() => '')
        jobs.forEach(({ images, rowsPerImage }, i) => {
          const note = (outcome: string) => () => void (outcomes[i] = outcome)
          add(`${i}`, images, { rowsPerImage, signal: stops[i]!.signal }).then(note('done'), note('gone'))
        })
        jobs.forEach(({ isGone }, i) => void (isGone && stops[i]!.abort()))
        await turn()
        for (let i = 0; running.length > 0; i++) {
          expect(schedule.rows).toBeLessThanOrEqual(most)
          const part = running[order[i % order.length]! % running.length]!
          for (let at = 0; at < part.images; at++) made[Number(part.name)]!.push(part.first + at)
          part.end()
          await turn()
        }
        expect(outcomes).toEqual(jobs.map(({ isGone }) => (isGone ? 'gone' : 'done')))
        const whole = ({ images }: { images: number }) => Array.from({ length: images }, (_, at) => at)
        jobs.forEach((job, i) => void (job.isGone || expect(made[i]).toEqual(whole(job))))
        expect([schedule.rows, schedule.images]).toEqual([0, 0])
      }),
      { numRuns: 60 },
    )
  })
})
