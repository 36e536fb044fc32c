/**
 * Models that are loaded by a name. A list says of each which npm package it is in, and the address and hash of its manifest, so that what
 * comes from the address is that very model or an error. A word alone is a name; whatever has a slash, backslash, dot, colon, `?` or `#`
 * in it is a path or an address.
 */
import { MixflowError } from '../errors.ts'
import { nearest, show } from '../util/strict.ts'

export interface ListedModel {
  /** A word, `mnist`. */
  readonly name: string
  /** Of npm, `@mixflow/model-mnist`. */
  readonly package: string
  /** Of its mixflow.json, http(s). */
  readonly address: string
  /** What is there. */
  readonly manifest: { readonly bytes: number; readonly sha256: string }
}

/** Whether this can be a name, and so is no path or address. */
export const isModelName = (from: unknown): from is string => typeof from === 'string' && /^[^/\\.:?#]+$/.test(from)

/** The model of this name, if there is one. */
export const findListed = <T extends ListedModel>(name: string, models: readonly T[]): T | undefined =>
  models.find(model => model.name === name)

/** @throws MixflowError ARGUMENT_INVALID for what is no list of models */
export function checkListed(models: unknown): readonly ListedModel[] {
  const wrong = Array.isArray(models) ? models.find(model => !isListed(model)) : models
  if (Array.isArray(models) && wrong === undefined) return models
  throw new MixflowError('ARGUMENT_INVALID', `models must be a list of models, got ${show(wrong)}`, {
    hint: 'each has name, package, an http(s) address and manifest: { bytes, sha256 }; `mixflow zoo <folder> --list` writes such a list',
  })
}

function isListed(model: unknown): model is ListedModel {
  const { name, package: packageName, address, manifest } = (model ?? {}) as Partial<ListedModel>
  return (
    isModelName(name) &&
    typeof packageName === 'string' &&
    typeof address === 'string' &&
    /^https?:\/\//i.test(address) &&
    URL.canParse(address) &&
    Number.isSafeInteger(manifest?.bytes) &&
    /^[0-9a-f]{64}$/.test(manifest?.sha256 ?? '')
  )
}

/** The error for a name that no model has: MODEL_UNKNOWN. */
export function unknownModel(name: string, models: readonly ListedModel[]): MixflowError {
  const known = models.map(model => model.name)
  const near = nearest(name, known)
  const lines = [
    ...(near === undefined ? [] : [`did you mean "${near}"?`]),
    known.length === 0 ? 'no model has a name here' : `models: ${known.join(', ')}`,
    `a folder or address would be "./${name.slice(0, 100)}"`,
  ]
  return new MixflowError('MODEL_UNKNOWN', `no model is called ${show(name)}`, {
    hint: lines,
    details: { name, nearest: near, known },
  })
}
