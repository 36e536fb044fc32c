import { MixflowError } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'

/** For each option: whether a value fits, and what is expected. */
export type OptionRules<O> = {
  readonly [K in keyof O]-?: readonly [fits: (value: unknown) => boolean, expected: string]
}

/**
 * Checks the options of a network one by one.
 *
 * @returns the options, and a function that refuses one of them
 * @throws MixflowError ARGUMENT_INVALID with the option and its allowed values
 */
export function checkOptions<O extends object>(
  network: string,
  value: unknown,
  { rules, optional = [] }: { readonly rules: OptionRules<O>; readonly optional?: readonly (keyof O & string)[] },
) {
  const names = Object.keys(rules) as (keyof O & string)[]
  const required = names.filter(name => !optional.includes(name))
  checkKeys(value, names, { what: `${network} options`, required })
  const options = value as unknown as O
  const refuse = (name: keyof O & string, expected: string): never => {
    const message = `${network} option ${name} must be ${expected}, got ${show(options[name])}`
    throw new MixflowError('ARGUMENT_INVALID', message, { details: { name, value: options[name] } })
  }
  for (const name of names) {
    const [fits, expected] = rules[name]
    const isAbsent = options[name] === undefined && optional.includes(name)
    if (!isAbsent && !fits(options[name])) refuse(name, expected)
  }
  return { options, refuse }
}

export const isCount = (value: unknown, most = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= most

export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'

type Rule = OptionRules<{ any: unknown }>['any']

/** Rules of options that several networks have. */
export const blocksRule: Rule = [value => isCount(value, 16), 'an integer in 1..16']
export const headChannelsRule: Rule = [value => isCount(value), 'a positive integer']

/** Whether a value is a list with one entry for each of 1 to 6 levels. */
export const isLevels = (value: unknown, fits: (level: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length >= 1 && value.length <= 6 && value.every(entry => fits(entry))
