import { errorCodes, MixflowError, type MixflowErrorCode } from '@mixflow/core'

/** An error message with its code and hint. */
export function Problem({ error, title }: { readonly error: unknown; readonly title: string }) {
  const known = MixflowError.is(error) ? (error as MixflowError) : null
  const message = error instanceof Error ? error.message : String(error)
  return (
    <section className="panel problem" role="alert">
      <h2>{title}</h2>
      {known !== null && (
        <p>
          <code>{known.code}</code>: {errorCodes[known.code as MixflowErrorCode]}.
        </p>
      )}
      <p className="problem-message">{message}</p>
      {known?.hint !== undefined && (
        <p className="problem-hint">
          <b>Try this:</b> {known.hint}
        </p>
      )}
    </section>
  )
}
