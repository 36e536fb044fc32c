/**
 * Classes by index or name, one rule for programs, requests over HTTP and the command line:
 *
 * - a number is the index of a class;
 * - a string is the name of a class, else `none` (no class), else an index in digits;
 * - `index:2` and `name:2` say which is meant. They are needed where "2" is the name of one class and the index of another, which
 *   is refused rather than guessed.
 *
 * Names are compared in Unicode's composed form (NFC), so that "café" typed is "café" read from a folder; where no name is equal,
 * case is ignored.
 */
import { MixflowError } from '../errors.ts'
import { nearest, show } from '../util/strict.ts'
import type { Labels } from './model-facts.ts'

/** A class: its index, or its name (or `index:…`, `name:…`). */
export type ClassLabel = number | string

const code = 'REQUEST_INVALID'
const composed = (name: string) => name.normalize('NFC')
const folded = (name: string) => composed(name).toLowerCase().normalize('NFC')

/**
 * Returns the index of the class that is meant, 0..count − 1, or null for no class.
 *
 * @param labels of the model; null where it has no classes
 * @throws MixflowError REQUEST_INVALID for a class that does not exist, and for a string that means two
 */
export function resolveLabel(label: ClassLabel | null, labels: Labels | null): number | null {
  if (label === null) return null
  if (labels === null) {
    throw new MixflowError(code, `there is no class ${show(label)}: this model has no classes`, {
      hint: 'leave label out',
    })
  }
  if (typeof label === 'number') return checkIndex(label, label, labels)
  if (typeof label !== 'string') throw unknownClass(label, labels)
  const [, kind, rest = ''] = /^(index|name):(.*)$/su.exec(label) ?? []
  if (kind === 'name') return named(rest, labels) ?? refuse(label, labels, rest)
  if (kind === 'index') return rest === 'none' ? null : checkIndex(digits(rest), label, labels)

  const byName = named(label, labels)
  const index = digits(label)
  const byIndex = index !== undefined && index < labels.count ? index : undefined
  if (byName !== undefined && byIndex !== undefined && byName !== byIndex) throw twoMeanings(label, byName, byIndex)
  return byName ?? (label.toLowerCase() === 'none' ? null : (byIndex ?? refuse(label, labels)))
}

/** Returns the shortest text that `resolveLabel` takes for class `index`: its name where that is clear, else `name:…` or `index:…`. */
export function labelText(index: number, labels: Labels): string {
  const name = labels.names?.[index] ?? `${index}`
  return [name, `name:${name}`].find(text => means(text, index, labels)) ?? `index:${index}`
}

/** Whether two lists of classes are the same classes in the same order; without names, as many. */
export function sameClasses(a: Labels, b: Labels): boolean {
  if (a.count !== b.count) return false
  if (a.names === undefined || b.names === undefined) return true
  return a.names.every((name, i) => composed(name) === composed(b.names![i]!))
}

function means(text: string, index: number, labels: Labels): boolean {
  try {
    return resolveLabel(text, labels) === index
  } catch {
    return false
  }
}

const digits = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined)

function checkIndex(index: number | undefined, given: ClassLabel, labels: Labels): number {
  if (index !== undefined && Number.isInteger(index) && index >= 0 && index < labels.count) return index
  throw unknownClass(given, labels)
}

/** The class of that name: the equal one, else the one that is equal but for case. */
function named(name: string, { names = [] }: Labels): number | undefined {
  for (const form of [(text: string) => text, composed, folded]) {
    const requested = form(name)
    const found = names.flatMap((each, i) => (form(each) === requested ? [i] : []))
    if (found.length > 1) throw sharedName(name, found, names)
    if (found.length === 1) return found[0]
  }
  return undefined
}

function refuse(label: ClassLabel, labels: Labels, name = label): never {
  throw unknownClass(label, labels, name)
}

function unknownClass(label: unknown, labels: Labels, name = label): MixflowError {
  if (typeof label === 'number') {
    return new MixflowError(code, `label must be an integer in 0..${labels.count - 1}, got ${show(label)}`, {
      hint: `classes: ${classList(labels)}`,
      details: { label },
    })
  }
  if (typeof label !== 'string') {
    const expected = 'an index or a name of a class, an array of these, or null'
    return new MixflowError(code, `label must be ${expected}, got ${show(label)}`, { details: { label } })
  }
  const near = nearest(String(name), labels.names ?? [])
  return new MixflowError(code, `this model has no class ${show(label)}`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}classes: ${classList(labels)}`,
    details: { label, nearest: near },
  })
}

function twoMeanings(label: string, byName: number, byIndex: number): MixflowError {
  return new MixflowError(
    code,
    `class ${show(label)} is both the name of class ${byName} and the index of another class`,
    {
      hint: `write "name:${label}" for the class of that name, or "index:${byIndex}" for the class of that index`,
      details: { label, byName, byIndex },
    },
  )
}

function sharedName(name: string, found: readonly number[], names: readonly string[]): MixflowError {
  return new MixflowError(code, `class ${show(name)} may be ${found.map(i => `${i} ${show(names[i])}`).join(' or ')}`, {
    hint: `write ${found.map(i => `"index:${i}"`).join(' or ')}`,
    details: { label: name, indices: found },
  })
}

const mostListed = 40

/** The classes with their indices, for a hint. */
function classList({ count, names }: Labels): string {
  const listed = Array.from({ length: Math.min(count, mostListed) }, (_, i) => {
    const name = names?.[i]
    return name === undefined || name === `${i}` ? `${i}` : `${i} ${name}`
  })
  return `${listed.join(', ')}${count > mostListed ? ', …' : ''}`
}
