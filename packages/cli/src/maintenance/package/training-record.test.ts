/** The recorded command line has no local paths. */

import type { MetricsLine } from '@mixflow/train'
import { expect, it } from 'vitest'
import { meanLosses, withoutDataPath } from './training-record.ts'

it.each([
  ['train zoo/mnist --data mnist:/data/digits --threads 1', 'train zoo/mnist --data mnist --threads 1'],
  ["train mnist --data 'mnist:my digits' --threads 1", 'train mnist --data mnist --threads 1'],
  ['train mnist --data=mnist:../digits', 'train mnist --data=mnist'],
  ['train photos --data ./photos --size 64', 'train photos --data ./photos --size 64'],
  ['train photos --data C:\\photos', 'train photos --data C:\\photos'],
])('%s', (command, clean) => {
  expect(withoutDataPath(command)).toBe(clean)
})

it('losses are means over intervals of equally many steps', () => {
  const line = (step: number) =>
    ({ step, imagesSeen: 2 * step, flowLoss: step, kl: -step }) as Partial<MetricsLine> as MetricsLine
  const lines = Array.from({ length: 60 }, (_, i) => line(i + 1))
  const losses = meanLosses(lines, 30)
  expect(losses).toHaveLength(30)
  expect(losses[0]).toEqual({ imagesSeen: 4, flowLoss: 1.5, kl: -1.5 })
  expect(losses.at(-1)).toEqual({ imagesSeen: 120, flowLoss: 59.5, kl: -59.5 })
  expect(meanLosses([], 30)).toEqual([])
})
