/** Pictures that come step by step: a request begins at once, and ends when it is stopped or another takes its place. */
import type { SampledImage, SampleRequest, SampleResult, WebModel } from '@mixflow/sdk-web'
import { useCallback, useEffect, useRef, useState } from 'react'

export interface Sampling {
  /** As they are now, by place; those of the request before until the first step is done. */
  readonly images: readonly (SampledImage | undefined)[]
  /** null before the first step. */
  readonly step: { readonly step: number; readonly steps: number | undefined; readonly fraction: number } | null
  /** Once all is done. */
  readonly result: SampleResult | null
  readonly isRunning: boolean
  readonly error: unknown
}

const atFirst: Sampling = { images: [], step: null, result: null, isRunning: false, error: null }

/** @param request a new one begins anew; null: nothing to do */
export function useSampling(model: WebModel | undefined, request: SampleRequest | null) {
  const [sampling, setSampling] = useState(atFirst)
  const [round, setRound] = useState(0)
  const current = useRef<AbortController>(null)

  useEffect(() => {
    if (model === undefined || request === null) return
    const controller = new AbortController()
    current.current = controller
    const { signal } = controller
    const tell = (some: Partial<Sampling>) => !isGone && setSampling(before => ({ ...before, ...some }))
    let isGone = false
    tell({ step: null, result: null, isRunning: true, error: null })
    const run = async () => {
      const shown: (SampledImage | undefined)[] = new Array(request.count ?? 1).fill(undefined)
      const steps = model.stream({ ...request, signal })
      for (;;) {
        const next = await steps.next()
        if (next.done) return tell({ images: next.value.images, result: next.value, isRunning: false })
        const { images, firstImage, step, steps: all, fraction } = next.value
        images.forEach((image, i) => {
          shown[firstImage - (request.firstImage ?? 0) + i] = image
        })
        tell({ images: [...shown], step: { step, steps: all, fraction } })
      }
    }
    run().catch(error => tell({ isRunning: false, error: signal.aborted ? null : error }))
    return () => {
      isGone = true
      controller.abort()
    }
  }, [model, request, round])

  const stop = useCallback(() => current.current?.abort(), [])
  const again = useCallback(() => setRound(count => count + 1), [])
  return { ...sampling, stop, again }
}
