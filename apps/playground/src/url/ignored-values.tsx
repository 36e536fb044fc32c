import { ignoredValues } from './fields.ts'
import { useHash } from './url-state.ts'

/** Reports values in the URL that the view ignores because they are invalid. */
export function IgnoredValues({ fields }: { readonly fields: object }) {
  const { query } = useHash()
  const ignored = ignoredValues(fields, new URLSearchParams(query))
  if (ignored.length === 0) return null
  return (
    <p className="ignored-values" role="status">
      Some values in the link are invalid and were ignored.{' '}
      {ignored.map(({ key, text, expected, used }) => (
        <span key={key}>
          <code>
            {key}={text}
          </code>{' '}
          must be {expected}
          {used === '' ? (
            ''
          ) : (
            <>
              ; using <code>{used}</code>
            </>
          )}
          .{' '}
        </span>
      ))}
    </p>
  )
}
