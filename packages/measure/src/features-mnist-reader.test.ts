/** The reader of digits reads: all 10,000 test digits, which it was not trained on, at 99 % and better. */
import { gunzipSync } from 'node:zlib'
import { fromBytes } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { openExtractor } from './extractor.ts'
import { findExtractor } from './extractor-file.ts'
import { sharedFile } from './fixtures/reference.ts'
import { countCorrect } from './inception-score.ts'

const imageFile = sharedFile('data/mnist/t10k-images-idx3-ubyte.gz')
const labelFile = sharedFile('data/mnist/t10k-labels-idx1-ubyte.gz')

describe.skipIf(imageFile === undefined || labelFile === undefined)('@mixflow/features-mnist-reader', () => {
  it('is found by name, and misclassifies at most one test digit in a hundred', async () => {
    const stored = await findExtractor('mnist-reader')
    const extractor = await openExtractor(stored.network, stored.description, { threads: 2 })
    try {
      const images = fromBytes(new Uint8Array(gunzipSync(imageFile!)).subarray(16))
      const labels = Int32Array.from(new Uint8Array(gunzipSync(labelFile!)).subarray(8))
      const { logits } = await extractor.extract(images)
      const right = countCorrect(logits!, labels)
      console.log(`MnistReader takes ${labels.length - right} of ${labels.length} test digits for others`)
      expect(right / labels.length).toBeGreaterThanOrEqual(0.99)
    } finally {
      await extractor.dispose()
    }
  })
})
