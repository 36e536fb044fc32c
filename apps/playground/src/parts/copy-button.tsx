import { Button } from '@base-ui/react/button'
import { useState } from 'react'

/** Copies a text to the clipboard and reports whether that worked. */
export function CopyButton({ title, text }: { readonly title: string; readonly text: () => string }) {
  const [status, setStatus] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setStatus('Copied'),
      () => setStatus('Your browser blocked copying'),
    )
  return (
    <span className="copy">
      <Button className="button" onClick={copy}>
        {title}
      </Button>
      <span role="status">{status}</span>
    </span>
  )
}
