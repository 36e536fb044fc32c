/** The model of a view, by the model ID in the page's URL. */
import { useEffect, useMemo, useState } from 'react'
import { parseHash } from '../url/url-state.ts'
import { type ModelSource, modelSource } from './model-source.ts'
import { type OpenModelState, preload, useOpenModel } from './open-models.ts'
import { fetchServedModels, type ServedModel } from './served-models.ts'

export interface ChosenModel extends OpenModelState {
  /** undefined while the list is loading. */
  readonly served: readonly ServedModel[] | undefined
  /** The model's entry in the list of served models. */
  readonly listed: ServedModel | undefined
  /** Whether no model is selected and none are served. */
  readonly isNone: boolean
  readonly retry: () => void
}

/** Requested at once, before a view is rendered. */
const served = fetchServedModels()

/** Starts loading the model of the page's URL. Views call it when their module is loaded, before they are rendered. */
export function preloadModel(): void {
  const id = new URLSearchParams(parseHash(location.hash).query).get('model') ?? ''
  void served.then(list => {
    try {
      const source = modelSource(id, list)
      if (source !== null) preload(source)
    } catch {} // `useModel` reports it
  })
}

export function useServedModels(): readonly ServedModel[] | undefined {
  const [list, setList] = useState<readonly ServedModel[]>()
  useEffect(() => {
    void served.then(setList)
  }, [])
  return list
}

/** @param id null: no model is selected */
export function useModel(id: string | null): ChosenModel {
  const list = useServedModels()
  const { source, invalid } = useMemo((): { source: ModelSource | null; invalid?: unknown } => {
    if (list === undefined || id === null) return { source: null }
    try {
      return { source: modelSource(id, list) }
    } catch (error) {
      return { source: null, invalid: error }
    }
  }, [id, list])
  return {
    ...useOpenModel(source),
    ...(invalid !== undefined && { error: invalid }),
    served: list,
    listed: id === '' ? list?.[0] : list?.find(({ name }) => name === id),
    isNone: list !== undefined && source === null && invalid === undefined,
  }
}
