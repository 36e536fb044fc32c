/** A cancellable task for each request of a component: starts when the request changes, is aborted by the next one and on unmount. */
import { useCallback, useEffect, useRef, useState } from 'react'

export interface TaskContext<Values> {
  readonly signal: AbortSignal
  /** Sets some of the values, unless another task has started. */
  readonly update: (some: Partial<Values>) => void
}

export interface Task<Values> {
  /** Remain from the previous request until they are updated. */
  readonly values: Values
  readonly status: 'idle' | 'running' | 'done' | 'stopped' | 'failed'
  /** Why the task failed, else null. */
  readonly error: unknown
  readonly stop: () => void
  readonly restart: () => void
}

/**
 * @param request compared by identity; null: no task
 * @param run a function of the module, so that its identity does not change
 */
export function useTask<Request, Values extends object>(
  request: Request | null,
  initial: Values,
  run: (request: Request, context: TaskContext<Values>) => Promise<void>,
): Task<Values> {
  const [values, setValues] = useState(initial)
  const [{ status, error }, setOutcome] = useState<Pick<Task<Values>, 'status' | 'error'>>({
    status: 'idle',
    error: null,
  })
  const [round, setRound] = useState(0)
  const current = useRef<AbortController>(null)

  useEffect(() => {
    if (request === null) return
    const controller = new AbortController()
    current.current = controller
    const { signal } = controller
    let isCurrent = true
    const update = (some: Partial<Values>) => {
      if (isCurrent) setValues(before => ({ ...before, ...some }))
    }
    setOutcome({ status: 'running', error: null })
    run(request, { signal, update }).then(
      () => isCurrent && setOutcome({ status: 'done', error: null }),
      cause =>
        isCurrent &&
        setOutcome(signal.aborted ? { status: 'stopped', error: null } : { status: 'failed', error: cause }),
    )
    return () => {
      isCurrent = false
      controller.abort()
    }
  }, [request, run, round])

  const stop = useCallback(() => current.current?.abort(), [])
  const restart = useCallback(() => setRound(count => count + 1), [])
  return { values, status, error, stop, restart }
}
