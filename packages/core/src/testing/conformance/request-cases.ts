/** Requests that every Sampler refuses. */
import type { SampleRequest } from '../../sampler/request.ts'
import { assert, type ConformanceCase, refused, type Tools } from './checks.ts'

export const requestCases = ({ withSampler }: Tools): ConformanceCase[] => [
  ...badRequests.map(([what, request]) =>
    withSampler(`refuses ${what}`, async sampler => {
      const error = await refused(() => sampler.sample(request as SampleRequest), 'REQUEST_INVALID')
      assert(error.message.length > 10, 'the message is too short to help')
    }),
  ),

  withSampler('an unknown option is refused with the nearest one', async sampler => {
    const error = await refused(() => sampler.sample({ batchsize: 3 } as SampleRequest), 'REQUEST_INVALID')
    assert(error.hint?.includes('batchSize') === true, `the hint does not name batchSize: ${error.hint}`)
  }),
]

const badRequests: readonly (readonly [string, unknown])[] = [
  ['a request that is no object', 7],
  ['a count of 0', { count: 0 }],
  ['half an image', { count: 1.5 }],
  ['a count that is text', { count: '4' }],
  ['a count beyond all memory', { count: 1e15 }],
  ['a negative seed', { seed: -1 }],
  ['a seed of 2⁵³', { seed: 2 ** 53 }],
  ['steps together with nfe', { steps: 2, nfe: 2 }],
  ['no steps', { steps: 0 }],
  ['an nfe the solver cannot have', { solver: 'heun', nfe: 4 }],
  ['steps of an adaptive solver', { solver: 'dopri5', steps: 3 }],
  ['a tolerance of a fixed-step solver', { solver: 'euler', steps: 1, tolerance: 1e-3 }],
  ['an unknown solver', { solver: 'huen' }],
  ['a batch size of 0', { batchSize: 0 }],
  ['a label out of range', { label: 1_000_000 }],
  ['labels for another count', { count: 2, label: [0, 0, 0] }],
  ['a negative guidance', { guidance: -1 }],
  ['a guidance that is no number', { guidance: Number.NaN }],
  ['a mixture weight above 1', { mixtureWeight: 1.5 }],
  ['a first image before the first', { firstImage: -1 }],
  ['an x0 that is a fraction of an image', { x0: new Float32Array(1) }],
  ['an x0 that is no array of numbers', { x0: 'noise' }],
  ['a signal that is none', { signal: {} }],
  ['an onStep that is no function', { onStep: 1 }],
]
