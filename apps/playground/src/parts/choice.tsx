import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import { type ReactNode, useId } from 'react'

export interface ChoiceProps<T extends string> {
  readonly label: ReactNode
  readonly value: T
  readonly options: readonly { readonly value: T; readonly title: ReactNode }[]
  readonly onChange: (value: T) => void
}

/** One of a few options, as a row of toggle buttons. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
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
          <Toggle key={option.value} value={option.value} className="choice-option">
            {option.title}
          </Toggle>
        ))}
      </ToggleGroup>
    </div>
  )
}
