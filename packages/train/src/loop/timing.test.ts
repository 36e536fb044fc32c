import { describe, expect, it } from 'vitest'
import { learningRate } from '../step/optimizer.ts'
import { deadline, saveTimer } from './timing.ts'

const rate = { learningRate: 1, warmupImages: 0, decayFraction: 0.5, finalRate: 0 }

/** A run on a machine of such a speed, in images per second by the time: its end, and all rates. */
function simulate(speed: (elapsed: number) => number, { seconds = 1000, totalImages = 10_000, batchSize = 10 } = {}) {
  const plan = deadline(seconds)
  const [lengths, rates]: [number[], number[]] = [[], []]
  let [elapsed, imagesSeen, total] = [0, 0, totalImages]
  while (imagesSeen < total) {
    rates.push(learningRate({ ...rate, totalImages: total }, imagesSeen))
    elapsed += batchSize / speed(elapsed)
    imagesSeen += batchSize
    const planned = plan({ ...rate, totalImages: total, batchSize }, { elapsed, imagesSeen })
    if (planned === null) continue
    lengths.push(planned)
    total = planned
  }
  return { elapsed, total, lengths, rates }
}

describe('a run with a duration', () => {
  it('keeps its length at the expected speed', () => {
    expect(simulate(() => 10)).toMatchObject({ lengths: [], total: 10_000 })
  })

  it.each([2, 5, 50, 150])('ends in time at %i images per second, whatever was planned', speed => {
    const { elapsed, rates, total } = simulate(() => speed)
    expect(elapsed / 1000).toBeGreaterThan(0.97)
    expect(elapsed / 1000).toBeLessThan(1.03)
    // what was trained is what a run of that length trains
    expect(rates).toEqual(rates.map((_, i) => learningRate({ ...rate, totalImages: total }, 10 * i)))
  })

  it('adapts to a change of speed before the learning rate falls', () => {
    for (const later of [5, 20]) {
      const { elapsed, lengths, rates } = simulate(time => (time < 200 ? 10 : later))
      expect(lengths.length).toBeGreaterThan(0)
      expect(elapsed).toBeGreaterThan(600)
      expect(elapsed).toBeLessThan(1450)
      expect(rates).toEqual([...rates].sort((a, b) => b - a))
    }
  })

  it('is adjusted also with a constant learning rate, and never below the images seen', () => {
    const plan = deadline(100)
    const config = { totalImages: 1000, batchSize: 10, decayFraction: 0 }
    expect(plan(config, { elapsed: 5, imagesSeen: 10 })).toBeNull() // the first step builds the graph
    expect(plan(config, { elapsed: 50, imagesSeen: 80 })).toBeNull() // too few to tell
    expect(plan(config, { elapsed: 55, imagesSeen: 110 })).toBe(200)
    expect(plan({ ...config, totalImages: 500 }, { elapsed: 200, imagesSeen: 480 })).toBe(480)
  })
})

it('samples within two minutes, then at doubling intervals, and saves every ten minutes', () => {
  let seconds = 0
  const timer = saveTimer(undefined, () => 1000 * seconds)
  const [samples, saves]: [number[], number[]] = [[], []]
  for (; seconds < 3600; seconds++) {
    if (timer.isSampleDue()) {
      samples.push(timer.elapsed())
      timer.sampled()
    }
    if (timer.isCheckpointDue()) {
      saves.push(timer.elapsed())
      timer.saved()
    }
  }
  expect(samples).toEqual([75, 150, 300, 600, 1200, 2400])
  expect(saves).toEqual([600, 1200, 1800, 2400, 3000])
})
