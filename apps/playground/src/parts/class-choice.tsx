/** The class that is asked for, of a model that has classes. */
import type { ClassLabel, Labels } from '@mixflow/core'
import { labelText, resolveLabel } from '@mixflow/core/internal'
import { Select } from './select.tsx'

export interface ClassChoiceProps {
  readonly labels: Labels
  /** As the address has it, or an index; empty where it is left open. */
  readonly value: ClassLabel
  /** What becomes of a class that is left open. Default: the classes take turns. */
  readonly open?: string
  /** Passes the class as text for the address, by name where there is one; empty where it is left open. */
  readonly onChange: (label: string) => void
}

/** More are no list to choose from. */
const most = 1000

export function ClassChoice({ labels, value, open = 'all in turn', onChange }: ClassChoiceProps) {
  const classes = Array.from({ length: Math.min(labels.count, most) }, (_, i) => ({
    ...{ value: i, title: labels.names?.[i] ?? String(i) },
  }))
  return (
    <Select
      label="Class"
      value={indexOf(value, labels)}
      options={[{ value: -1, title: open }, ...classes]}
      onChange={index => onChange(index < 0 ? '' : labelText(index, labels))}
    />
  )
}

/** −1 for what is no class; the model says so when it is asked for it. */
function indexOf(label: ClassLabel, labels: Labels): number {
  try {
    return resolveLabel(label, labels) ?? -1
  } catch {
    return -1
  }
}
