/** The class that is asked for, of a model that has classes. */
import type { Labels } from '@mixflow/core'
import { Select } from './select.tsx'

export interface ClassChoiceProps {
  readonly labels: Labels
  /** Negative: left open. */
  readonly value: number
  /** What becomes of a class that is left open. Default: the classes take turns. */
  readonly open?: string
  readonly onChange: (label: number) => void
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
      value={value >= 0 && value < labels.count ? value : -1}
      options={[{ value: -1, title: open }, ...classes]}
      onChange={onChange}
    />
  )
}
