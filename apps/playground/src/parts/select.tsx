import { useId } from 'react'

export interface SelectProps<Value extends string | number> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly title: string }[]
  readonly onChange: (value: Value) => void
}

/** A labelled select. */
export function Select<Value extends string | number>({ label, value, options, onChange }: SelectProps<Value>) {
  const id = useId()
  return (
    <div className="control">
      <label className="control-label" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="select"
        value={value}
        onChange={({ target }) => onChange(options[target.selectedIndex]!.value)}
      >
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
    </div>
  )
}
