import { Slider } from '@base-ui/react/slider'
import type { ReactNode } from 'react'

export interface RangeProps {
  readonly label: ReactNode
  /** The symbol of the value, behind the label. */
  readonly symbol?: string
  /** For screen readers. Default: label and symbol. */
  readonly name?: string
  readonly value: number
  /** Range and step. Default: 0 to 1 in steps of 0.05. */
  readonly min?: number
  readonly max?: number
  readonly step?: number
  /** Default: two decimals. */
  readonly format?: (value: number) => string
  readonly onChange: (value: number) => void
}

const twoDecimals = (value: number) => value.toFixed(2)

/** A labelled slider. */
export function Range(props: RangeProps) {
  const { label, symbol, value, min = 0, max = 1, step = 0.05, format = twoDecimals, onChange } = props
  const { name = symbol === undefined ? String(label) : `${label} ${symbol}` } = props
  return (
    <Slider.Root className="range" {...{ value, min, max, step }} onValueChange={next => onChange(next as number)}>
      <span className="control-label" aria-hidden="true">
        {label} {symbol !== undefined && <i>{symbol}</i>}
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
