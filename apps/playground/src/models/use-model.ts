/** The model that a view is about: chosen by a word in its address, from the zoo or from elsewhere. */
import { useEffect, useMemo, useState } from 'react'
import { parseAddress } from '../address/address.ts'
import { readZoo, type Zoo, type ZooModel } from './catalogue.ts'
import { type OpenedModel, openAhead, useOpenedModel } from './opened.ts'
import { type Place, placeOf } from './places.ts'

export interface ChosenModel extends OpenedModel {
  /** undefined: not yet known. */
  readonly zoo: Zoo | undefined
  /** What the list says of it, before it is loaded. */
  readonly listed: ZooModel | undefined
  /** Whether there is none to open. */
  readonly isNone: boolean
  readonly again: () => void
}

/** Asked for at once, while the view that wants it is still to be drawn. */
const zooOnce = readZoo()

/** Opens the model that the page's address names while the view that calls this, as it is loaded, is still to be drawn. */
export function openEarly(): void {
  const word = new URLSearchParams(parseAddress(location.hash).query).get('model') ?? ''
  void zooOnce.then(zoo => {
    try {
      const place = placeOf(word, zoo)
      if (place !== null) openAhead(place)
    } catch {} // the view meets the same, and says it
  })
}

export function useZoo(): Zoo | undefined {
  const [zoo, setZoo] = useState<Zoo>()
  useEffect(() => {
    void zooOnce.then(setZoo)
  }, [])
  return zoo
}

/** @param word null: there is none to choose */
export function useModel(word: string | null): ChosenModel {
  const zoo = useZoo()
  const { place, failure } = useMemo((): { place: Place | null; failure?: unknown } => {
    if (zoo === undefined || word === null) return { place: null }
    try {
      return { place: placeOf(word, zoo) }
    } catch (error) {
      return { place: null, failure: error }
    }
  }, [word, zoo])
  const opened = useOpenedModel(place)
  return {
    ...opened,
    ...(failure !== undefined && { error: failure }),
    zoo,
    listed: word === '' ? zoo?.[0] : zoo?.find(({ name }) => name === word),
    isNone: zoo !== undefined && place === null && failure === undefined,
  }
}
