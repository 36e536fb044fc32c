/** What the manifest says of the classes follows from how labels were hidden in training. */
import { expect, test } from 'vitest'
import { labelsOf } from './manifest.ts'

const labels = { count: 3, names: ['a', 'b', 'c'] }

test('a label is required where training hid none, and nowhere else', () => {
  expect(labelsOf({ labels, config: { labelDropout: 0 } })).toEqual({ ...labels, required: true })
  expect(labelsOf({ labels, config: { labelDropout: 0.1 } })).toEqual(labels)
  expect(labelsOf({ labels, config: {} })).toEqual(labels)
  expect(labelsOf({ labels: null, config: { labelDropout: 0 } })).toBeNull()
})
