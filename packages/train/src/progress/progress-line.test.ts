import { expect, it } from 'vitest'
import { type BarView, barLine, barView, emptyView } from './progress-line.ts'
import type { TrainEvent } from './train-event.ts'

const start = { type: 'start', title: 'digits', totalImages: 64_000, startImages: 0, device: 'cpu' } as const
const step = {
  type: 'step',
  step: 470,
  imagesSeen: 30_080,
  loss: 0.2434,
  imagesPerSecond: 382.4,
  secondsLeft: 88.7,
} as const

const after = (...events: TrainEvent[]): BarView => events.reduce(barView, emptyView)

it('has loss, images/s and time left', () => {
  const line = barLine(after(start, step), 100)
  expect(line).toMatch(/^█+░+ +47 % {3}30,080\/64,000 {3}loss 0\.243 {3}382 images\/s {3}1 min 29 s left$/)
})

it('has a bar in proportion to the progress', () => {
  const blocks = (imagesSeen: number) => {
    const line = barLine(after(start, { ...step, imagesSeen }), 200)
    return [line.split('█').length - 1, line.split('░').length - 1]
  }
  expect([0, 32_000, 63_999, 64_000, 70_000].map(blocks)).toEqual([
    [0, 32],
    [16, 16],
    [31, 1],
    [32, 0],
    [32, 0],
  ])
})

it('fits every width, and keeps the loss before the count', () => {
  const view = after(start, step)
  for (let width = 1; width <= 120; width++)
    expect(barLine(view, width).length).toBeLessThanOrEqual(Math.max(1, width - 1))
  expect(barLine(view, 70)).toMatch(/^█+░+ .*loss 0\.243/)
  expect(barLine(view, 70)).not.toContain('30,080')
  expect(barLine(view, 30)).toMatch(/^ +47 % .*…$/)
})

it('shows what happens instead of a step until the next event', () => {
  const drawing = after(start, step, { type: 'phase', text: 'drawing samples' })
  expect(barLine(drawing, 100)).toMatch(/47 % .* drawing samples …$/)
  const drawn = barView(drawing, { type: 'samples', path: 'a.png' })
  expect(barLine(drawn, 100)).toBe(barLine(after(start, step), 100))
})

it('shows a download before the run is known', () => {
  const progress = { phase: 'download', what: 'a.gz', done: 2.5e6, total: 1e7 } as const
  expect(barLine(after({ type: 'data', progress }), 100)).toMatch(
    /^█{8}░{24} +25 % {3}download a\.gz: 2\.5 MB of 10\.0 MB …$/,
  )
  expect(barLine(after({ type: 'phase', text: 'opening' }), 100)).toBe('opening …')
  expect(barLine(emptyView, 100)).toBe('')
})
