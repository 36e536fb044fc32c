/** A whole number, typed or stepped. */
import { NumberField } from '@base-ui/react/number-field'
import { useId, useState } from 'react'

export interface WholeNumberProps {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly onChange: (value: number) => void
}

export function WholeNumber({ label, value, min, max, onChange }: WholeNumberProps) {
  const id = useId()
  const [beyond, setBeyond] = useState<string | null>(null)
  const noteTyped = (text: string) =>
    setBeyond(Number(text) > max ? `at most ${max}` : Number(text) < min ? `at least ${min}` : null)
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
        <NumberField.Input className="stepper-input" onInput={event => noteTyped(event.currentTarget.value)} />
        <NumberField.Increment aria-label={`${label}: one more`}>+</NumberField.Increment>
      </NumberField.Group>
      {beyond !== null && (
        <span className="muted" role="status">
          {beyond}
        </span>
      )}
    </NumberField.Root>
  )
}
