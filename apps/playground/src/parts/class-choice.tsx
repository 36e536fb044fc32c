/** The class that is asked for, of a model that has classes. */
import type { Labels } from '@mixflow/core'
import { Select } from './select.tsx'

export interface ClassChoiceProps {
  readonly labels: Labels
  /** Negative: the classes take turns. */
  readonly value: number
  readonly onChange: (label: number) => void
}

/** More are no list to choose from. */
const most = 1000

export function ClassChoice({ labels, value, onChange }: ClassChoiceProps) {
  const classes = Array.from({ length: Math.min(labels.count, most) }, (_, i) => ({
    ...{ value: i, title: labels.names?.[i] ?? String(i) },
  }))
  return (
    <Select
      label="Class"
      value={value >= 0 && value < labels.count ? value : -1}
      options={[{ value: -1, title: 'all in turn' }, ...classes]}
      onChange={onChange}
    />
  )
}
