import type { ReactNode } from 'react'
import { ignoredValues } from '../url/fields.ts'
import { useHash } from '../url/url-state.ts'

export interface LeadProps {
  readonly title: string
  readonly fields?: object
  readonly children: ReactNode
}

/** The heading and introduction of a view. */
export const Lead = ({ title, fields = {}, children }: LeadProps) => (
  <header className="lead">
    <h1>{title}</h1>
    <p>{children}</p>
    <IgnoredValues fields={fields} />
  </header>
)

/** Reports values in the URL that the view ignores because they are invalid. */
function IgnoredValues({ fields }: { readonly fields: object }) {
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
          {used !== '' && '; using '}
          {used !== '' && <code>{used}</code>}.{' '}
        </span>
      ))}
    </p>
  )
}
