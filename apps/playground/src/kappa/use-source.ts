/**
 * The source of a picture and what comes from it. Whoever slides gets an answer after each batch: what is under way ends, and then
 * the latest wish is begun, none between.
 */
import type { ClassLabel, PlanarImage, SourceDraw } from '@mixflow/core'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { useEffect, useRef, useState } from 'react'

export interface Wish {
  readonly model: WebModel
  readonly picture: PlanarImage
  readonly seed: number
  readonly count: number
  readonly label: ClassLabel | undefined
  readonly mixtureWeight: number
}

export interface Answer {
  readonly model: WebModel
  /** At w = 1: what the encoder says. */
  readonly encoded: SourceDraw
  readonly source: SourceDraw
  readonly result: SampleResult
}

async function answer(wish: Wish, signal: AbortSignal, tell: (so: Partial<Answer>) => void): Promise<void> {
  const { model, picture, seed, count, label, mixtureWeight } = wish
  const whose = { seed, signal, ...(label !== undefined && { label }) }
  const encoded = await model.sources({ ...whose, picture, count: 1, mixtureWeight: 1 })
  const source = await model.sources({ ...whose, picture, count, mixtureWeight, batchSize: count })
  tell({ model, encoded, source })
  // also the class that the model saw in the picture
  const result = await model.sample({ ...whose, label: source.label, x0: source.x0, mixtureWeight, batchSize: count })
  tell({ result })
}

export function useSource(wish: Wish | null) {
  const [state, setState] = useState<{
    readonly found: Partial<Answer>
    readonly isBusy: boolean
    readonly error: unknown
  }>({
    found: {},
    isBusy: false,
    error: null,
  })
  const runner = useRef<LatestOnly<Wish>>(null)
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    runner.current = new LatestOnly<Wish>(async next => {
      setState(before => ({ ...before, isBusy: true, error: null }))
      try {
        await answer(next, signal, so => {
          if (!signal.aborted) setState(before => ({ ...before, found: { ...before.found, ...so } }))
        })
        if (!signal.aborted) setState(before => ({ ...before, isBusy: false }))
      } catch (error) {
        if (!signal.aborted) setState(before => ({ ...before, isBusy: false, error }))
      }
    })
    return () => {
      runner.current = null
      ending.abort()
    }
  }, [])
  useEffect(() => {
    if (wish !== null) runner.current?.ask(wish)
  }, [wish])
  return state
}

/** One at a time; of those that wait, the last. */
class LatestOnly<T> {
  readonly #work: (item: T) => Promise<void>
  #waiting: { readonly item: T } | null = null
  #isBusy = false

  constructor(work: (item: T) => Promise<void>) {
    this.#work = work
  }

  ask(item: T): void {
    this.#waiting = { item }
    if (!this.#isBusy) void this.#go()
  }

  async #go(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting !== null) {
      const { item } = this.#waiting
      this.#waiting = null
      await this.#work(item)
    }
    this.#isBusy = false
  }
}
