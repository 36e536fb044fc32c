/** The models of a command line, `place` or `name=place`, each with the name that requests use. */

import { MixflowError } from '@mixflow/core'
import { UsageError } from '../terminal/usage-error.ts'

export interface NamedPlace {
  /** Absent where the model's own is meant. */
  readonly name: string | undefined
  readonly place: string
}

/** A path with an equals sign is told apart by its slash: `./a=b`. */
export function namedPlace(word: string): NamedPlace {
  const [, name, place] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)$/.exec(word) ?? []
  if (place === '') throw new UsageError(`${word} names no model`, `such as ${name}=runs/${name}/model`)
  return place === undefined ? { name: undefined, place: word } : { name, place }
}

/** Two models would have one name. */
export const nameTaken = (name: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `two of the models are called ${name}`, {
    hint: `name one of them: ${name}-2=path/of/the/model`,
    details: { name },
  })
