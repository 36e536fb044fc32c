/** Says which values of the address are not used, instead of showing others in silence. */
import { useAddress } from './address.ts'
import { refusedValues } from './fields.ts'

export function RefusedValues({ fields }: { readonly fields: object }) {
  const { query } = useAddress()
  const refused = refusedValues(fields, new URLSearchParams(query))
  if (refused.length === 0) return null
  return (
    <p className="refused-values" role="status">
      The address has values that this view cannot use.{' '}
      {refused.map(({ key, text, expected, used }) => (
        <span key={key}>
          <code>
            {key}={text}
          </code>{' '}
          must be {expected}; {used === '' ? 'it is left out' : <code>{used}</code>}
          {used === '' ? '' : ' is used'}.{' '}
        </span>
      ))}
    </p>
  )
}
