/** What a package says of the training holds no place of the machine that it was done on. */

import { expect, it } from 'vitest'
import { withoutPlace } from './training-record.ts'

it.each([
  ['train zoo/mnist --data mnist:/data/digits --threads 1', 'train zoo/mnist --data mnist --threads 1'],
  ["train mnist --data 'mnist:my digits' --threads 1", 'train mnist --data mnist --threads 1'],
  ['train mnist --data=mnist:../digits', 'train mnist --data=mnist'],
  ['train photos --data ./photos --size 64', 'train photos --data ./photos --size 64'],
  ['train photos --data C:\\photos', 'train photos --data C:\\photos'],
])('%s', (command, clean) => {
  expect(withoutPlace(command)).toBe(clean)
})
