/**
 * Model IDs in the page's URL: '' for the first served model, the name of a served model, the URL of any other model, or `folder:NAME` for
 * a local folder that was opened in this page.
 */
import { MixflowError, type ModelPackage } from '@mixflow/core'
import { manifestUrl, type ServedModel } from './served-models.ts'

export interface ModelSource {
  /** Equal for equal sources. */
  readonly key: string
  readonly from: URL | ModelPackage
}

const folders = new Map<string, ModelPackage>()

/** Registers an opened folder until the page is left, and returns its model ID. */
export function addFolder(model: ModelPackage): string {
  const { name = 'model' } = model.manifest as { readonly name?: string }
  const isTaken = (id: string) => folders.has(id) && folders.get(id) !== model
  let id = `folder:${name}`
  for (let i = 2; isTaken(id); i++) id = `folder:${name}-${i}`
  folders.set(id, model)
  return id
}

/**
 * Returns null if the ID is '' and no models are served.
 *
 * @throws MixflowError ARGUMENT_INVALID for an invalid URL, MODEL_NOT_FOUND for a folder that is not open
 */
export function modelSource(id: string, served: readonly ServedModel[]): ModelSource | null {
  const known = id === '' ? served[0] : served.find(({ name }) => name === id)
  if (known !== undefined) return urlSource(manifestUrl(known))
  if (id === '') return null
  if (id.startsWith('folder:')) {
    const model = folders.get(id)
    if (model !== undefined) return { key: id, from: model }
    throw new MixflowError('MODEL_NOT_FOUND', `the folder ${id.slice(7)} is not open in this page`, {
      hint: 'links cannot contain a local folder: open it again with “Other…” in the list of models',
    })
  }
  return urlSource(parseModelUrl(id))
}

/** @throws MixflowError ARGUMENT_INVALID */
export function parseModelUrl(text: string): URL {
  if (/[/.:]/.test(text) && URL.canParse(text, location.href)) return new URL(text, location.href)
  throw new MixflowError('ARGUMENT_INVALID', `there is no model “${text}” on this page, and it is not a URL`, {
    hint: 'URLs start with https://, or with / on this host',
  })
}

const urlSource = (url: URL): ModelSource => ({ key: url.href, from: url })
