import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import { type ReactNode, useId } from 'react'

export interface ChoiceProps<T extends string> {
  readonly label: ReactNode
  readonly value: T
  readonly options: readonly T[]
  /** Default: the values. */
  readonly titles?: Readonly<Record<T, ReactNode>>
  readonly onChange: (value: T) => void
}

/** One of a few options, as a row of toggle buttons. */
export function Choice<T extends string>({ label, value, options, titles, onChange }: ChoiceProps<T>) {
  const id = useId()
  return (
    <div className="control">
      <span className="control-label" id={id}>
        {label}
      </span>
      <ToggleGroup
        className="choice"
        aria-labelledby={id}
        value={[value]}
        // a click on the pressed button does not release it
        onValueChange={([next]) => next !== undefined && onChange(next as T)}
      >
        {options.map(option => (
          <Toggle key={option} value={option} className="choice-option">
            {titles?.[option] ?? option}
          </Toggle>
        ))}
      </ToggleGroup>
    </div>
  )
}
