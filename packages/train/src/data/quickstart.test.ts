import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { missing, realMnist } from './fixtures/real-data.ts'
import { quickstartPaths, readMnist, readQuickstart } from './mnist.ts'

describe('the embedded digits', () => {
  it('are 10,000, with attribution, and small', async () => {
    const data = await readQuickstart()
    expect(data).toMatchObject({ name: 'quickstart', count: 10_000, channels: 1, height: 28, width: 28 })
    expect(data.licence).toBe('CC-BY-SA-3.0')
    expect(data.attribution).toMatch(/LeCun.*Cortes/)
    expect([...data.labels!.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect(statSync(quickstartPaths.images).size + statSync(quickstartPaths.labels).size).toBeLessThan(1_700_000)
  })

  it('are in the folder assets of the package', () => {
    for (const built of ['src/data/quickstart.ts', 'dist/data/quickstart.js']) {
      const module = new URL(`../../${built}`, import.meta.url)
      expect(new URL('../../assets/quickstart-images-idx3-ubyte.gz', module).pathname).toBe(quickstartPaths.images)
    }
  })

  it.skipIf(missing(realMnist))('are the first of the real ones', async () => {
    const real = await readMnist(realMnist, 'train')
    const { images, labels } = await readQuickstart()
    expect(Buffer.compare(images, real.images.subarray(0, images.length))).toBe(0)
    expect(labels).toEqual(real.labels!.subarray(0, 10_000))
  })
})
