import { NumberField } from '@base-ui/react/number-field'
import { useId, useState } from 'react'

export interface SeedFieldProps {
  readonly value: number
  /** Default: 2⁵³ − 1. */
  readonly max?: number
  readonly onChange: (seed: number) => void
}

/** A number field for a seed, with buttons for the next and the previous one. */
export function SeedField({ value, max = Number.MAX_SAFE_INTEGER, onChange }: SeedFieldProps) {
  const id = useId()
  const [limit, setLimit] = useState<string | null>(null)
  const checkLimits = (text: string) =>
    setLimit(Number(text) > max ? `Maximum: ${max}` : Number(text) < 0 ? 'Minimum: 0' : null)
  return (
    <NumberField.Root
      className="control"
      id={id}
      value={value}
      min={0}
      max={max}
      format={{ useGrouping: false, maximumFractionDigits: 0 }}
      onValueChange={next => next !== null && onChange(Math.round(next))}
    >
      <label className="control-label" htmlFor={id}>
        Seed
      </label>
      <NumberField.Group className="stepper">
        <NumberField.Decrement aria-label="Decrease seed">−</NumberField.Decrement>
        <NumberField.Input className="stepper-input" onInput={event => checkLimits(event.currentTarget.value)} />
        <NumberField.Increment aria-label="Increase seed">+</NumberField.Increment>
      </NumberField.Group>
      {limit !== null && (
        <span className="muted" role="status">
          {limit}
        </span>
      )}
    </NumberField.Root>
  )
}
