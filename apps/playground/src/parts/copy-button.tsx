/** Copies a text, and says that it did. */
import { Button } from '@base-ui/react/button'
import { useState } from 'react'

export function CopyButton({ title, text }: { readonly title: string; readonly text: () => string }) {
  const [said, setSaid] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setSaid('Copied'),
      () => setSaid('The browser does not allow it'),
    )
  return (
    <span className="copy">
      <Button className="button" onClick={copy}>
        {title}
      </Button>
      <span role="status">{said}</span>
    </span>
  )
}
