/**
 * The encoder's output, source samples and generated images for a request. While a slider moves, each request that has started is finished,
 * so that the images keep changing; of the requests that arrive meanwhile, only the latest is run.
 */
import type { ClassLabel, PlanarImage, SourceDraw } from '@mixflow/core'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { useEffect, useRef, useState } from 'react'

export interface VariationsRequest {
  readonly model: WebModel
  readonly image: PlanarImage
  readonly seed: number
  readonly count: number
  readonly label: ClassLabel | undefined
  readonly mixtureWeight: number
}

export interface Variations {
  readonly model: WebModel
  /** The source at w = 1: the encoder's output. */
  readonly encoded: SourceDraw
  readonly source: SourceDraw
  readonly result: SampleResult
}

interface State {
  readonly found: Partial<Variations>
  readonly isBusy: boolean
  readonly error: unknown
}

export function useVariations(request: VariationsRequest | null): State {
  const [state, setState] = useState<State>({ found: {}, isBusy: false, error: null })
  const runner = useRef<LatestOnly<VariationsRequest>>(null)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const update = (change: (before: State) => State) => !signal.aborted && setState(change)
    runner.current = new LatestOnly(async next => {
      update(before => ({ ...before, isBusy: true, error: null }))
      try {
        await run(next, signal, some => update(before => ({ ...before, found: { ...before.found, ...some } })))
        update(before => ({ ...before, isBusy: false }))
      } catch (error) {
        update(before => ({ ...before, isBusy: false, error }))
      }
    })
    return () => {
      runner.current = null
      controller.abort()
    }
  }, [])
  useEffect(() => {
    if (request !== null) runner.current?.push(request)
  }, [request])
  return state
}

async function run(
  { model, image, seed, count, label, mixtureWeight }: VariationsRequest,
  signal: AbortSignal,
  report: (some: Partial<Variations>) => void,
): Promise<void> {
  const common = { seed, signal, ...(label !== undefined && { label }) }
  const encoded = await model.sources({ ...common, image, count: 1, mixtureWeight: 1 })
  const source = await model.sources({ ...common, image, count, mixtureWeight, batchSize: count })
  report({ model, encoded, source })
  // the source also has the class that the model predicts for the image
  const request = { ...common, label: source.label, x0: source.x0, mixtureWeight, batchSize: count }
  report({ result: await model.sample(request) })
}

/** Runs one item at a time. Of the waiting items it keeps only the latest. */
class LatestOnly<T> {
  readonly #work: (item: T) => Promise<void>
  #waiting: { readonly item: T } | null = null
  #isBusy = false

  constructor(work: (item: T) => Promise<void>) {
    this.#work = work
  }

  async push(item: T): Promise<void> {
    this.#waiting = { item }
    if (this.#isBusy) return
    this.#isBusy = true
    while (this.#waiting !== null) {
      const next: T = this.#waiting.item
      this.#waiting = null
      await this.#work(next)
    }
    this.#isBusy = false
  }
}
