/** Properties of `stream`: `sample`, step by step. */
import type { SampleRequest } from '../../sampler/request.ts'
import type { SampledImage } from '../../sampler/result.ts'
import { assert, byBatch, type ConformanceCase, refused, same, shapeOf, type Tools } from './checks.ts'

export const streamCases = ({ withSampler, near }: Tools): ConformanceCase[] => [
  withSampler(
    'stream yields each step of each batch, ends with the images of sample, and returns its result',
    async sampler => {
      const { image } = sampler.capabilities()
      const request: SampleRequest = { count: 3, seed: 4, solver: 'heun', steps: 2, batchSize: 2 }
      const stream = sampler.stream(request)
      const seen: (readonly number[])[] = []
      const finished: SampledImage[] = []
      const reached = new Map<number, number>()
      let next = await stream.next()
      for (; next.done !== true; next = await stream.next()) {
        const { firstImage, images, step, steps, t, count, fraction } = next.value
        seen.push([firstImage, images.length, step, t])
        same([steps, count], [2, 3], 'steps and count')
        for (const preview of images) same(shapeOf(preview), shapeOf(image), 'shape of an image')
        same(images[0]!.toImageData().width, image.width, 'width of an image as ImageData')
        reached.set(firstImage, t * images.length)
        same(fraction, [...reached.values()].reduce((sum, part) => sum + part, 0) / count, 'fraction')
        if (t === 1) finished.push(...images)
      }
      const expected = [
        [0, 2, 1, 0.5],
        [0, 2, 2, 1],
        [2, 1, 1, 0.5],
        [2, 1, 2, 1],
      ]
      same(byBatch(seen), expected, 'steps seen')
      finished.sort((a, b) => a.index - b.index)
      const { images } = await sampler.sample(request)
      near(finished, images, 'the last images of the stream')
      near(next.value.images, images, 'the result of the stream')
      same(
        finished.map(({ index, seed }) => [index, seed]),
        [0, 1, 2].map(index => [index, 4]),
        'index and seed',
      )
    },
  ),

  withSampler('a loop over a stream may be left, and the sampler still works', async sampler => {
    let steps = 0
    for await (const { step } of sampler.stream({ seed: 1, solver: 'euler', steps: 50 })) {
      steps = step
      if (step === 2) break
    }
    same(steps, 2, 'steps seen')
    await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
  }),

  withSampler('a stream respects its signal, and refuses what sample refuses', async sampler => {
    const controller = new AbortController()
    const stream = sampler.stream({ seed: 1, solver: 'euler', steps: 50, signal: controller.signal })
    const first = await stream.next()
    assert(first.done !== true && first.value.step === 1, 'the first step did not come')
    controller.abort()
    await refused(() => stream.next(), 'ABORTED')
    await refused(() => sampler.stream({ count: 0 }).next(), 'REQUEST_INVALID')
    await refused(() => sampler.stream({ onStep: () => {} } as SampleRequest).next(), 'REQUEST_INVALID')
  }),
]
