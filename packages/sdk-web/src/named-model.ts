/**
 * A model by its name: what its npm package exports, where the page's import map has that package, else its address in the list. Bundlers
 * must not look for a package that need not be there, so they do not see its name; with one, a page imports the package itself.
 */
import { type ListedModel, MixflowError, type ModelPackage } from '@mixflow/core'
import { findListed, isModelPackage, unknownModel } from '@mixflow/core/internal'

/** @throws MixflowError MODEL_UNKNOWN, MODEL_NOT_FOUND, PACKAGE_MISSING */
export async function namedModel(
  name: string,
  given: readonly ListedModel[] | undefined,
): Promise<ModelPackage | ListedModel> {
  const models = given ?? (await zooModels())
  const model = findListed(name, models)
  if (model === undefined) throw unknownModel(name, models)
  const address = mappedAddress(model.package)
  return address === undefined ? model : importPackage(address, model)
}

/** Not until a name is used: a page that gives addresses needs no list. */
const zooModels = (): Promise<readonly ListedModel[]> =>
  import('@mixflow/zoo/models').then(
    ({ models }) => models,
    cause => {
      throw new MixflowError('PACKAGE_MISSING', `the list of models cannot be imported: ${wordsOf(cause)}`, {
        hint: 'without a bundler, the import map needs "@mixflow/zoo/models"; or give the address of the model',
        cause,
      })
    },
  )

/** By the page's import map. */
function mappedAddress(packageName: string): string | undefined {
  try {
    // taken apart: Rspack warns of the call as one expression
    const { resolve } = import.meta
    const address: unknown = resolve(packageName)
    return typeof address === 'string' && /^https?:/.test(address) ? address : undefined
  } catch {
    return undefined
  }
}

async function importPackage(address: string, { package: packageName }: ListedModel): Promise<ModelPackage> {
  const refuse = (why: string, cause?: unknown) =>
    new MixflowError('MODEL_NOT_FOUND', `the import map has ${packageName} at ${address}, ${why}`, {
      hint: 'map it to the index.js of the package, or take it out of the map for the model to come from its public address',
      details: { package: packageName, address },
      cause,
    })
  let exported: unknown
  try {
    // inside of `try`, because Turbopack of Next 14 takes an import that it cannot follow for an error elsewhere
    const module = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ address)
    exported = module.default
  } catch (cause) {
    throw refuse(`which cannot be imported: ${wordsOf(cause)}`, cause)
  }
  if (isModelPackage(exported)) return exported
  throw refuse('which exports no model')
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
