/**
 * The address of a view and its state: `#/paths?seed=2`. It lies behind the `#`, so that any static host under any path serves it.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { readValues, type ValuesOf, writeValues } from './fields.ts'

export interface Address {
  /** '' for none. */
  readonly view: string
  readonly query: string
}

export function parseAddress(hash: string): Address {
  const [, view = '', query = ''] = /^#\/([\w-]*)\??(.*)$/s.exec(hash) ?? []
  return { view, query }
}

export const formatAddress = ({ view, query }: Address): string => `#/${view}${query === '' ? '' : `?${query}`}`

const replaced = 'mixflow:address'

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  addEventListener(replaced, listener)
  return () => {
    removeEventListener('hashchange', listener)
    removeEventListener(replaced, listener)
  }
}

const current = () => location.hash

export function useAddress(): Address {
  const hash = useSyncExternalStore(subscribe, current)
  return useMemo(() => parseAddress(hash), [hash])
}

/** The state of the view that is shown, and how to change some of it. Changes replace the address: "back" leaves the view. */
export function useAddressState<F extends object>(
  fields: F,
): [values: ValuesOf<F>, change: (some: Partial<ValuesOf<F>>) => void] {
  const { query } = useAddress()
  const values = useMemo(() => readValues(fields, new URLSearchParams(query)), [fields, query])
  const change = useCallback(
    (some: Partial<ValuesOf<F>>) => {
      const now = parseAddress(location.hash)
      const next = { ...readValues(fields, new URLSearchParams(now.query)), ...some }
      const address = formatAddress({ view: now.view, query: writeValues(fields, next).toString() })
      history.replaceState(null, '', address)
      dispatchEvent(new Event(replaced))
    },
    [fields],
  )
  return [values, change]
}
