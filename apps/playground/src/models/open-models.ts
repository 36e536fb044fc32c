/**
 * The models that are open in this page, shared by its views: a model stays loaded when the visitor changes the view. Models that no view
 * shows are disposed of when there are too many.
 */
import { type LoadProgress, loadModel, type WebModel } from '@mixflow/sdk-web'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { cacheForOffline } from '../offline/register.ts'
import type { ModelSource } from './model-source.ts'
import { type DeviceOption, preferredDevice } from './preferred-device.ts'

export interface OpenModelState {
  readonly model?: WebModel
  readonly progress?: LoadProgress
  readonly error?: unknown
}

/** Two models and their baselines. */
const maxEntries = 4
/** How long an unused model continues to load, in milliseconds: the next view may need it. */
const unusedLoadTime = 2000

class Entry {
  readonly #controller = new AbortController()
  readonly #listeners = new Set<() => void>()
  state: OpenModelState = {}
  users = 0

  constructor({ from }: ModelSource, device: DeviceOption) {
    const { signal } = this.#controller
    loadModel(from, { device, signal, onProgress: progress => this.#set({ progress }) }).then(
      model => {
        if (signal.aborted) return void model.dispose()
        this.#set({ model })
        cacheForOffline(from, model.capabilities().device)
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

  #set(state: OpenModelState): void {
    if (this.#controller.signal.aborted) return
    this.state = state
    for (const listener of this.#listeners) listener()
  }
}

const keyOf = ({ key }: ModelSource) => `${preferredDevice()} ${key}`

/** The most recently used entry is the last. */
const entries = new Map<string, Entry>()

/** Starts loading before a view uses the model. */
export function preload(source: ModelSource): void {
  const key = keyOf(source)
  if (!entries.has(key)) entries.set(key, new Entry(source, preferredDevice()))
}

function acquire(source: ModelSource): Entry {
  const key = keyOf(source)
  const known = entries.get(key)
  const entry = known === undefined || known.state.error !== undefined ? new Entry(source, preferredDevice()) : known
  entries.delete(key)
  entries.set(key, entry)
  entry.users++
  return entry
}

function release(entry: Entry): void {
  entry.users--
  if (entry.users === 0 && ![...entries.values()].includes(entry)) discard(entry)
  setTimeout(() => entry.users === 0 && entry.state.model === undefined && discard(entry), unusedLoadTime)
  for (const other of entries.values()) {
    if (other.users === 0 && entries.size > maxEntries) discard(other)
  }
}

function discard(entry: Entry): void {
  for (const [key, other] of entries) if (other === entry) entries.delete(key)
  entry.close()
}

const nothing: OpenModelState = {}
const neverChanges = () => () => {}

/** Returns the state of the model from this source; `retry` loads it again. */
export function useOpenModel(source: ModelSource | null): OpenModelState & { readonly retry: () => void } {
  const [entry, setEntry] = useState<Entry | null>(null)
  const [attempts, setAttempts] = useState(0)
  useEffect(() => {
    if (source === null) return
    const acquired = acquire(source)
    setEntry(acquired)
    return () => {
      setEntry(null)
      release(acquired)
    }
  }, [source, attempts])
  const retry = useCallback(() => {
    // later views get a new entry; this one is closed by its last user
    if (source !== null) entries.delete(keyOf(source))
    setAttempts(count => count + 1)
  }, [source])
  const state = useSyncExternalStore(entry?.subscribe ?? neverChanges, () => entry?.state ?? nothing)
  return { ...state, retry }
}
