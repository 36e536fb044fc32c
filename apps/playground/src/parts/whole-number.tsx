/** A whole number, typed or stepped. */
import { NumberField } from '@base-ui/react/number-field'
import { useId } from 'react'

export interface WholeNumberProps {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly onChange: (value: number) => void
}

export function WholeNumber({ label, value, min, max, onChange }: WholeNumberProps) {
  const id = useId()
  return (
    <NumberField.Root
      className="control"
      id={id}
      {...{ value, min, max }}
      format={{ useGrouping: false, maximumFractionDigits: 0 }}
      onValueChange={next => next !== null && onChange(Math.round(next))}
    >
      <label className="control-label" htmlFor={id}>
        {label}
      </label>
      <NumberField.Group className="stepper">
        <NumberField.Decrement aria-label={`${label}: one less`}>−</NumberField.Decrement>
        <NumberField.Input className="stepper-input" />
        <NumberField.Increment aria-label={`${label}: one more`}>+</NumberField.Increment>
      </NumberField.Group>
    </NumberField.Root>
  )
}
