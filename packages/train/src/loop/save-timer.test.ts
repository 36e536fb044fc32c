import { expect, it } from 'vitest'
import { saveTimer } from './save-timer.ts'

it('samples within two minutes, then ever more rarely, and saves every ten minutes', () => {
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
