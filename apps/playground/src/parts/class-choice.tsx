/** The class that is asked for, of a model that has classes. */
import type { Labels } from '@mixflow/core'
import { useId } from 'react'

export interface ClassChoiceProps {
  readonly labels: Labels
  /** Negative: the classes take turns. */
  readonly value: number
  readonly onChange: (label: number) => void
}

/** More are no list to choose from. */
const most = 1000

export function ClassChoice({ labels, value, onChange }: ClassChoiceProps) {
  const id = useId()
  return (
    <div className="control">
      <label className="control-label" htmlFor={id}>
        Class
      </label>
      <select
        id={id}
        className="select"
        value={value >= 0 && value < labels.count ? value : -1}
        onChange={event => onChange(Number(event.target.value))}
      >
        <option value={-1}>all in turn</option>
        {Array.from({ length: Math.min(labels.count, most) }, (_, i) => (
          <option key={i} value={i}>
            {labels.names?.[i] ?? i}
          </option>
        ))}
      </select>
    </div>
  )
}
