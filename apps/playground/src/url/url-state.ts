/** The view and its state in the URL's fragment: `#/paths?seed=2`. A fragment works on every static host and under every path. */
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { readValues, type ValuesOf, writeValues } from './fields.ts'

export interface ViewHash {
  /** '' if there is none. */
  readonly view: string
  readonly query: string
}

export function parseHash(hash: string): ViewHash {
  const [, view = '', query = ''] = /^#\/([\w-]*)\??(.*)$/s.exec(hash) ?? []
  return { view, query }
}

export const formatHash = ({ view, query }: ViewHash): string => `#/${view}${query === '' ? '' : `?${query}`}`

const replaced = 'mixflow:hash'

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  addEventListener(replaced, listener)
  return () => {
    removeEventListener('hashchange', listener)
    removeEventListener(replaced, listener)
  }
}

const current = () => location.hash

export function useHash(): ViewHash {
  const hash = useSyncExternalStore(subscribe, current)
  return useMemo(() => parseHash(hash), [hash])
}

/** Returns the state of the current view and a function that changes some of it. Changes replace the history entry, so "back" leaves the view. */
export function useUrlState<F extends object>(
  fields: F,
): [values: ValuesOf<F>, change: (some: Partial<ValuesOf<F>>) => void] {
  const { query } = useHash()
  const values = useMemo(() => readValues(fields, new URLSearchParams(query)), [fields, query])
  const change = useCallback(
    (some: Partial<ValuesOf<F>>) => {
      const now = parseHash(location.hash)
      const state = { ...readValues(fields, new URLSearchParams(now.query)), ...some }
      const next = formatHash({ view: now.view, query: writeValues(fields, state).toString() })
      history.replaceState(null, '', next)
      dispatchEvent(new Event(replaced))
    },
    [fields],
  )
  return [values, change]
}
