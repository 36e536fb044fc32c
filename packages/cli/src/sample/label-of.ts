/**
 * The class that a person means: its name, its number, or `none` for no class. Where names are numbers (a folder "3" that
 * is the second class), the name is what people see, and wins.
 */

import { type Labels, MixflowError, nearest, show } from '@mixflow/core'

/** @throws MixflowError REQUEST_INVALID for a class that the model does not have */
export function labelOf(word: string, labels: Labels | null): number | null {
  if (labels === null) {
    throw new MixflowError('REQUEST_INVALID', `there is no class ${show(word)}: this model has no classes`, {
      hint: 'leave --label out',
    })
  }
  const names = labels.names ?? []
  const lower = word.toLowerCase()
  const named = names.includes(word) ? names.indexOf(word) : names.findIndex(name => name.toLowerCase() === lower)
  if (named >= 0) return named
  if (lower === 'none') return null
  if (/^\d+$/.test(word) && Number(word) < labels.count) return Number(word)
  const near = nearest(word, names)
  const shown = (name: string | undefined, i: number) =>
    name === undefined || name === `${i}` ? `${i}` : `${i} ${name}`
  const known = Array.from({ length: labels.count }, (_, i) => shown(names[i], i))
  throw new MixflowError('REQUEST_INVALID', `this model has no class ${show(word)}`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}classes: ${known.slice(0, 40).join(', ')}${known.length > 40 ? ', …' : ''}`,
    details: { label: word, nearest: near },
  })
}
