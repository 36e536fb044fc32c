/**
 * Models that are open in this page, shared by its views: going from one view to another does not load again what is there. Those
 * that no view shows are kept until there are too many.
 */
import { type LoadProgress, loadModel, type WebModel } from '@mixflow/sdk-web'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { keepForOffline } from '../offline/register.ts'
import { type DeviceWish, wantedDevice } from './device.ts'
import type { Place } from './places.ts'

export interface OpenedModel {
  readonly model?: WebModel
  readonly progress?: LoadProgress
  readonly error?: unknown
}

/** Two and their twins. */
const kept = 4
/** Milliseconds. */
const grace = 2000

class Entry {
  readonly #controller = new AbortController()
  readonly #listeners = new Set<() => void>()
  state: OpenedModel = {}
  users = 0

  constructor({ from }: Place, device: DeviceWish) {
    const { signal } = this.#controller
    loadModel(from, { device, signal, onProgress: progress => this.#set({ progress }) }).then(
      model => {
        if (signal.aborted) return void model.dispose()
        this.#set({ model })
        keepForOffline(from, model.capabilities().device)
      },
      error => this.#set({ error }),
    )
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#controller.abort()
    void this.state.model?.dispose()
  }

  #set(state: OpenedModel): void {
    if (this.#controller.signal.aborted) return
    this.state = state
    for (const listener of this.#listeners) listener()
  }
}

const keyOf = ({ key }: Place) => `${wantedDevice()} ${key}`

/** By key, the one that was used last at the end. */
const entries = new Map<string, Entry>()

/** For a view that is about to ask for it. */
export function openAhead(place: Place): void {
  const key = keyOf(place)
  if (!entries.has(key)) entries.set(key, new Entry(place, wantedDevice()))
}

function enter(place: Place): Entry {
  const key = keyOf(place)
  const known = entries.get(key)
  const entry = known === undefined || known.state.error !== undefined ? new Entry(place, wantedDevice()) : known
  entries.delete(key)
  entries.set(key, entry)
  entry.users++
  return entry
}

function leave(entry: Entry): void {
  entry.users--
  if (entry.users === 0 && ![...entries.values()].includes(entry)) discard(entry)
  // the view that comes next may want what is still on its way
  setTimeout(() => entry.users === 0 && entry.state.model === undefined && discard(entry), grace)
  for (const other of entries.values()) {
    if (other.users === 0 && entries.size > kept) discard(other)
  }
}

function discard(entry: Entry): void {
  for (const [key, other] of entries) if (other === entry) entries.delete(key)
  entry.close()
}

const nothing: OpenedModel = {}
const never = () => () => {}

/** The model at that place, once it is there; `again` loads it anew. */
export function useOpenedModel(place: Place | null): OpenedModel & { readonly again: () => void } {
  const [entry, setEntry] = useState<Entry | null>(null)
  const [tries, setTries] = useState(0)
  useEffect(() => {
    if (place === null) return
    const mine = enter(place)
    setEntry(mine)
    return () => {
      setEntry(null)
      leave(mine)
    }
  }, [place, tries])
  const again = useCallback(() => {
    // the next to ask gets a new one; this one is closed with its last user
    if (place !== null) entries.delete(keyOf(place))
    setTries(count => count + 1)
  }, [place])
  const state = useSyncExternalStore(entry?.subscribe ?? never, () => entry?.state ?? nothing)
  return { ...state, again }
}
