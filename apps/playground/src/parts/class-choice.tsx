import type { ClassLabel, Labels } from '@mixflow/core'
import { labelText, resolveLabel } from '@mixflow/core/internal'
import { Select } from './select.tsx'

export interface ClassChoiceProps {
  readonly labels: Labels
  /** Name as in the URL, or index; empty: none selected. */
  readonly value: ClassLabel
  /** Title of the option for no class. Default: `'All classes'`. */
  readonly noneTitle?: string
  /** Passes the class as text for the URL, by name if it has one; empty: none selected. */
  readonly onChange: (label: string) => void
}

/** A longer list is of no use in a select. */
const maxOptions = 1000

export function ClassChoice({ labels, value, noneTitle = 'All classes', onChange }: ClassChoiceProps) {
  const classes = Array.from({ length: Math.min(labels.count, maxOptions) }, (_, i) => ({
    value: i,
    title: labels.names?.[i] ?? String(i),
  }))
  return (
    <Select
      label="Class"
      value={indexOf(value, labels)}
      options={[{ value: -1, title: noneTitle }, ...classes]}
      onChange={index => onChange(index < 0 ? '' : labelText(index, labels))}
    />
  )
}

/** −1 for an unknown class, which the model reports when it samples. */
function indexOf(label: ClassLabel, labels: Labels): number {
  try {
    return resolveLabel(label, labels) ?? -1
  } catch {
    return -1
  }
}
