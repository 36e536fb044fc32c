/**
 * A model by its name: its npm package if the page's import map has it, else its public URL. Bundlers must not try to resolve a package
 * that may not be installed, so they never see its name; with a bundler, a page imports the package itself.
 */
import { type ListedModel, MixflowError, type ModelPackage } from '@mixflow/core'
import { findListed, isModelPackage, unknownModel } from '@mixflow/core/internal'

/** @throws MixflowError MODEL_UNKNOWN, MODEL_NOT_FOUND, PACKAGE_MISSING */
export async function namedModel(
  name: string,
  list: readonly ListedModel[] | undefined,
): Promise<ModelPackage | ListedModel> {
  const models = list ?? (await zooModels())
  const model = findListed(name, models)
  if (model === undefined) throw unknownModel(name, models)
  const url = importMapUrl(model.package)
  return url === undefined ? model : importPackage(url, model)
}

/** Imported only when a name is used. */
const zooModels = (): Promise<readonly ListedModel[]> =>
  import('@mixflow/zoo/models').then(
    ({ models }) => models,
    cause => {
      throw new MixflowError('PACKAGE_MISSING', `the list of models cannot be imported: ${messageOf(cause)}`, {
        hint: 'without a bundler, the import map needs "@mixflow/zoo/models"; or pass the URL of the model',
        cause,
      })
    },
  )

function importMapUrl(packageName: string): string | undefined {
  try {
    // destructured because Rspack warns of import.meta.resolve(…)
    const { resolve } = import.meta
    const url: unknown = resolve(packageName)
    return typeof url === 'string' && /^https?:/.test(url) ? url : undefined
  } catch {
    return undefined
  }
}

async function importPackage(url: string, { package: packageName }: ListedModel): Promise<ModelPackage> {
  const refuse = (why: string, cause?: unknown) =>
    new MixflowError('MODEL_NOT_FOUND', `the import map has ${packageName} at ${url}, ${why}`, {
      hint: 'map it to the index.js of the package, or remove it from the import map to load the model from its public URL',
      details: { package: packageName, address: url },
      cause,
    })
  let exported: unknown
  try {
    // in a try block, because Turbopack of Next 14 reports an import that it cannot resolve as an error elsewhere
    const module = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ url)
    exported = module.default
  } catch (cause) {
    throw refuse(`which cannot be imported: ${messageOf(cause)}`, cause)
  }
  if (isModelPackage(exported)) return exported
  throw refuse('which does not export a model')
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
