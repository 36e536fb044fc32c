import { Slider } from '@base-ui/react/slider'
import type { ReactNode } from 'react'

export interface RangeProps {
  readonly label: ReactNode
  /** For screen readers. */
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly format?: (value: number) => string
  readonly onChange: (value: number) => void
}

/** A labelled slider. */
export function Range({ label, name, value, min, max, step, format = String, onChange }: RangeProps) {
  return (
    <Slider.Root className="range" {...{ value, min, max, step }} onValueChange={next => onChange(next as number)}>
      <span className="control-label" aria-hidden="true">
        {label}
      </span>
      <span className="range-value" aria-hidden="true">
        {format(value)}
      </span>
      <Slider.Control className="range-control">
        <Slider.Track className="range-track">
          <Slider.Indicator className="range-indicator" />
          <Slider.Thumb className="range-thumb" aria-label={name} getAriaValueText={(_, shown) => format(shown)} />
        </Slider.Track>
      </Slider.Control>
    </Slider.Root>
  )
}
