/** Properties of `sample`: shapes, repeatability, costs, progress, aborts, labels. */

import { fixedSolvers, nfeOf } from '../../method/ode/solver.ts'
import { labelText } from '../../sampler/class-label.ts'
import type { SampleRequest } from '../../sampler/request.ts'
import type { SampleProgress } from '../../sampler/result.ts'
import { assert, byBatch, type ConformanceCase, distance, refused, same, shapeOf, type Tools } from './checks.ts'

export const sampleCases = ({ withSampler, near }: Tools): ConformanceCase[] => [
  withSampler('images have the model’s shape, finite numbers, and bytes', async sampler => {
    const { image } = sampler.capabilities()
    const { images } = await sampler.sample({ count: 2, seed: 1 })
    same(images.length, 2, 'number of images')
    for (const [i, sampled] of images.entries()) {
      same(shapeOf(sampled), shapeOf(image), 'shape')
      same(sampled.data.length, image.channels * image.height * image.width, 'numbers of an image')
      assert(sampled.data.every(Number.isFinite), 'an image holds numbers that are not finite')
      same([sampled.index, sampled.seed], [i, 1], 'index and seed')
      const { width, height, data } = sampled.toImageData()
      same([width, height, data.length], [image.width, image.height, 4 * image.width * image.height], 'ImageData')
    }
    assert(distance(images[0]!.data, images[1]!.data) > 0, 'two images of one request are the same')
  }),

  withSampler('a request may be empty, and the seed in its result makes the same image again', async sampler => {
    const first = await sampler.sample()
    same(first.images.length, 1, 'number of images')
    const again = await sampler.sample({ seed: first.seed })
    near(first.images, again.images, 'repeated')
  }),

  withSampler('the same seed gives the same images, bit for bit; another seed gives others', async sampler => {
    const [a, b] = [await sampler.sample({ count: 3, seed: 7 }), await sampler.sample({ count: 3, seed: 7 })]
    for (const [i, image] of a.images.entries())
      same(distance(image.data, b.images[i]!.data), 0, `difference of image ${i}`)
    const c = await sampler.sample({ count: 3, seed: 8 })
    assert(distance(a.images[0]!.data, c.images[0]!.data) > 0, 'another seed gives the same image')
  }),

  withSampler('image i depends neither on the count nor on the batch size', async sampler => {
    const all = await sampler.sample({ count: 5, seed: 7 })
    const fewer = await sampler.sample({ count: 2, seed: 7 })
    near(all.images.slice(0, 2), fewer.images, 'two of five')
    for (const batchSize of [1, 2, 5]) {
      near(all.images, (await sampler.sample({ count: 5, seed: 7, batchSize })).images, `batchSize ${batchSize}`)
    }
  }),

  ...Object.values(fixedSolvers).map(solver =>
    withSampler(`${solver.name} makes the declared number of steps and evaluations`, async sampler => {
      for (const steps of [1, 2]) {
        const nfe = nfeOf(solver, steps)
        const bySteps = await sampler.sample({ seed: 3, solver: solver.name, steps, guidance: 0 })
        const { networkCalls } = bySteps
        same(
          [bySteps.steps, bySteps.nfe, bySteps.images[0]!.nfe, networkCalls],
          [steps, nfe, nfe, nfe],
          'steps and nfe',
        )
        const byNfe = await sampler.sample({ seed: 3, solver: solver.name, nfe, guidance: 0 })
        same([byNfe.steps, byNfe.nfe, byNfe.solver], [steps, nfe, solver.name], 'steps, nfe and solver')
        near(bySteps.images, byNfe.images, 'by steps and by nfe')
      }
    }),
  ),

  withSampler('dopri5 chooses its steps and counts them; perImage makes images independent', async sampler => {
    const request: SampleRequest = { seed: 3, solver: 'dopri5', tolerance: 1e-2, guidance: 0 }
    const { nfe, steps } = await sampler.sample(request)
    assert(steps >= 1 && nfe >= 2 + 6 * steps, `${steps} steps in ${nfe} evaluations`)
    const alone = await sampler.sample({ ...request, perImage: true })
    const among = await sampler.sample({ ...request, perImage: true, count: 2 })
    near(alone.images, among.images.slice(0, 1), 'alone and among others')
  }),

  withSampler('onStep sees every step of every batch, with a preview', async sampler => {
    const { image } = sampler.capabilities()
    const seen: (readonly number[])[] = []
    let previewed = 0
    const onStep = async (progress: SampleProgress) => {
      const { firstImage, images, step, steps, t, count } = progress
      seen.push([firstImage, images, step, t])
      same([steps, count], [2, 3], 'steps and count')
      for (const preview of await progress.preview()) {
        same(shapeOf(preview), shapeOf(image), 'shape of a preview')
        previewed++
      }
    }
    await sampler.sample({ count: 3, seed: 1, solver: 'euler', steps: 2, batchSize: 2, onStep })
    same(
      byBatch(seen),
      [
        [0, 2, 1, 0.5],
        [0, 2, 2, 1],
        [2, 1, 1, 0.5],
        [2, 1, 2, 1],
      ],
      'steps seen',
    )
    same(previewed, 6, 'images previewed')
  }),

  withSampler('an abort ends the call within one step, and the sampler still works', async sampler => {
    const controller = new AbortController()
    let steps = 0
    const onStep = () => {
      if (++steps === 2) controller.abort()
    }
    const request: SampleRequest = { seed: 1, solver: 'euler', steps: 50, signal: controller.signal, onStep }
    await refused(() => sampler.sample(request), 'ABORTED')
    same(steps, 2, 'steps taken')
    await refused(() => sampler.sample(request), 'ABORTED')
    same(steps, 2, 'steps taken after an abort')
    await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
  }),

  withSampler('an abort ends a call at once, however many are queued before it', async sampler => {
    const request: SampleRequest = { solver: 'euler', steps: 1, guidance: 0 }
    const others = 200
    const controller = new AbortController()
    let steps = 0
    const onStep = () => {
      if (++steps === 1) controller.abort()
    }
    const before = Array.from({ length: others }, (_, seed) => sampler.sample({ ...request, seed, onStep }))
    const last = sampler.sample({ ...request, seed: others, signal: controller.signal })
    await refused(() => last, 'ABORTED')
    assert(steps < others, `it ended when the ${others} calls before it had ended`)
    await Promise.all(before)
  }),

  withSampler('an error in onStep is passed on, and the sampler still works', async sampler => {
    const mine = new Error('mine')
    const failing = () => {
      throw mine
    }
    const caught = await sampler.sample({ seed: 1, onStep: failing }).catch((error: unknown) => error)
    assert(caught === mine, `the error of onStep came out as ${caught}`)
    await sampler.sample({ seed: 1, solver: 'euler', steps: 1 })
  }),

  withSampler('concurrent calls do not affect each other', async sampler => {
    const seeds = [1, 2, 3, 4]
    const together = await Promise.all(seeds.map(seed => sampler.sample({ seed, solver: 'euler', steps: 2 })))
    for (const [i, seed] of seeds.entries()) {
      near(together[i]!.images, (await sampler.sample({ seed, solver: 'euler', steps: 2 })).images, `seed ${seed}`)
    }
  }),

  withSampler(
    'labels, if there are classes: the same noise, other images; guidance doubles the network calls',
    async sampler => {
      const { labels } = sampler.capabilities()
      const base: SampleRequest = { seed: 5, solver: 'euler', steps: 2, guidance: 0 }
      if (labels === null) {
        await refused(() => sampler.sample({ ...base, label: 0 }), 'REQUEST_INVALID')
        await refused(() => sampler.sample({ ...base, guidance: 1 }), 'REQUEST_INVALID')
        return
      }
      const last = labels.count - 1
      const mixed = await sampler.sample({ ...base, count: 2, label: [0, last] })
      same(
        mixed.images.map(image => image.label),
        [0, last],
        'labels of the images',
      )
      near(mixed.images.slice(0, 1), (await sampler.sample({ ...base, label: 0 })).images, 'label 0')
      const guided = await sampler.sample({ ...base, label: 0, guidance: 1 })
      same([guided.nfe, guided.networkCalls, guided.steps], [2, 4, 2], 'nfe, network calls and steps with guidance')
      same(
        (await sampler.sample({ ...base, label: null })).images[0]!.label,
        undefined,
        'label of an image without class',
      )
      const drawn = await sampler.sample({ ...base, count: 2 })
      near(drawn.images, (await sampler.sample({ ...base, count: 2 })).images, 'drawn labels, twice')
    },
  ),

  withSampler('a class may be given by name, alone and in an array', async sampler => {
    const { labels } = sampler.capabilities()
    const request: SampleRequest = { seed: 3, count: 2, solver: 'euler', steps: 1, guidance: 0 }
    if (labels === null) {
      await refused(() => sampler.sample({ ...request, label: 'name:0' }), 'REQUEST_INVALID')
      return
    }
    const last = labels.count - 1
    const byIndex = await sampler.sample({ ...request, label: last })
    for (const label of [`index:${last}`, labelText(last, labels), [labelText(last, labels), last]]) {
      const byName = await sampler.sample({ ...request, label })
      same(
        byName.images.map(image => image.label),
        [last, last],
        'classes',
      )
      near(byName.images, byIndex.images, `label ${label}`)
    }
    await refused(() => sampler.sample({ ...request, label: 'index:-1' }), 'REQUEST_INVALID')
  }),
]
