/**
 * Sampling as an async iterator over the steps of a call that takes `onStep`. The call continues when the next step is requested, so
 * a slow reader slows it down, and leaving the loop ends it.
 */
import { checkKeys } from '../util/strict.ts'
import { type SampleRequest, sampleKeys } from './request.ts'
import type { SampledImage, SampleProgress, SampleResult, StreamStep } from './result.ts'

export type StreamIterator<I extends SampledImage> = AsyncGenerator<StreamStep<I>, SampleResult<I>, undefined>

const keys = sampleKeys.filter(key => key !== 'onStep')

/** Yields the steps of the call that `sample` starts, with the images after each. */
export async function* streamSteps<I extends SampledImage>(
  request: Omit<SampleRequest, 'onStep'>,
  sample: (request: SampleRequest) => Promise<SampleResult<I>>,
): StreamIterator<I> {
  checkKeys(request as unknown, keys, { what: 'the stream request', code: 'REQUEST_INVALID' })
  const left = new Error('the reader of the stream has left')
  let hasLeft = false
  let arrived = pending<StreamStep<I>>()
  let requested = pending<void>()
  const onStep = async (progress: SampleProgress) => {
    const { preview, ...facts } = progress
    arrived.resolve({ ...facts, images: (await preview()) as readonly I[] })
    await requested.promise
    requested = pending()
    if (hasLeft) throw left
  }
  const result = sample({ ...request, onStep })
  try {
    for (;;) {
      const step = await Promise.race([arrived.promise, result.then(() => undefined)])
      if (step === undefined) return await result
      arrived = pending()
      yield step
      requested.resolve()
    }
  } finally {
    hasLeft = true
    requested.resolve()
    await result.catch(() => {})
  }
}

interface Pending<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

function pending<T>(): Pending<T> {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(fulfil => {
    resolve = fulfil
  })
  return { promise, resolve }
}
