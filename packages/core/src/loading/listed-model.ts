/**
 * Models that are loaded by name. A list has the npm package of each, and the address and hash of its manifest, so that loading from the
 * address gives exactly that model or an error. A string with a slash, backslash, dot, colon, `?` or `#` is a path or an address, not a
 * name.
 */
import { MixflowError } from '../errors.ts'
import { nearest, show } from '../util/strict.ts'

export interface ListedModel {
  /** For example `mnist`. */
  readonly name: string
  /** npm package, `@mixflow/model-mnist`. */
  readonly package: string
  /** http(s) address of its mixflow.json. */
  readonly address: string
  /** Size and hash of the mixflow.json. */
  readonly manifest: { readonly bytes: number; readonly sha256: string }
}

/** Whether a value is a possible name, not a path or an address. */
export const isModelName = (from: unknown): from is string => typeof from === 'string' && /^[^/\\.:?#]+$/.test(from)

/** Returns the model of this name, or undefined. */
export const findListed = <T extends ListedModel>(name: string, models: readonly T[]): T | undefined =>
  models.find(model => model.name === name)

/** Returns the list. @throws MixflowError ARGUMENT_INVALID if it is no list of models */
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

/** Returns the error for an unknown name: MODEL_UNKNOWN. */
export function unknownModel(name: string, models: readonly ListedModel[]): MixflowError {
  const known = models.map(model => model.name)
  const near = nearest(name, known)
  const lines = [
    ...(near === undefined ? [] : [`did you mean "${near}"?`]),
    known.length === 0 ? 'there are no named models here' : `models: ${known.join(', ')}`,
    `for a folder, write "./${name.slice(0, 100)}"`,
  ]
  return new MixflowError('MODEL_UNKNOWN', `no model is called ${show(name)}`, {
    hint: lines,
    details: { name, nearest: near, known },
  })
}
