/**
 * Where a model is, as an address of the page says it: '' for the first of the zoo, the name of one, the address of any other, or
 * `folder:NAME` for a folder of this machine that was opened in this page.
 */
import { MixflowError, type ModelPackage } from '@mixflow/core'
import { addressOfZooModel, type Zoo } from './catalogue.ts'

export interface Place {
  /** The same for the same place. */
  readonly key: string
  readonly from: URL | ModelPackage
}

const folders = new Map<string, ModelPackage>()

/** Keeps an opened folder as long as the page lives, and says how it is called in addresses. */
export function keepFolder(model: ModelPackage): string {
  const { name = 'model' } = model.manifest as { readonly name?: string }
  const taken = (word: string) => folders.has(word) && folders.get(word) !== model
  let word = `folder:${name}`
  for (let i = 2; taken(word); i++) word = `folder:${name}-${i}`
  folders.set(word, model)
  return word
}

/** null: the zoo has no model. @throws MixflowError ARGUMENT_INVALID for what is no address, MODEL_NOT_FOUND for a folder */
export function placeOf(word: string, zoo: Zoo): Place | null {
  const known = word === '' ? zoo[0] : zoo.find(({ name }) => name === word)
  if (known !== undefined) return atAddress(addressOfZooModel(known))
  if (word === '') return null
  if (word.startsWith('folder:')) {
    const model = folders.get(word)
    if (model !== undefined) return { key: word, from: model }
    throw new MixflowError('MODEL_NOT_FOUND', `${word.slice(7)} was a folder of one machine, which no link can hold`, {
      hint: 'open the folder again: choose “Another …” as the model',
    })
  }
  return atAddress(addressOf(word))
}

/** @throws MixflowError ARGUMENT_INVALID */
export function addressOf(text: string): URL {
  if (/[/.:]/.test(text) && URL.canParse(text, location.href)) return new URL(text, location.href)
  throw new MixflowError('ARGUMENT_INVALID', `this is no model of this page and no address: ${text}`, {
    hint: 'an address begins with https:// or, on this host, with /',
  })
}

const atAddress = (address: URL): Place => ({ key: address.href, from: address })
