/**
 * A model card, which may come from an untrusted author. HTML in it is shown as text, URLs are checked (here and by the renderer), and only
 * images that the manifest lists are shown, so a card cannot send requests to another host.
 */
import Markdown from 'markdown-to-jsx'
import type { ComponentProps } from 'react'
import { ScrollTable } from '../parts/data-table.tsx'
import type { Card } from './inspection.ts'

export function CardView({ card: { text, images } }: { readonly card: Card }) {
  const Image = ({ src = '', alt = '' }: ComponentProps<'img'>) => {
    const known = images[src.replace(/^\.\//, '')]
    return known === undefined ? <em className="muted">[{alt || 'image'}]</em> : <img src={known} alt={alt} />
  }
  return (
    <Markdown
      options={{
        wrapper: 'div',
        forceWrapper: true,
        disableParsingRawHTML: true,
        overrides: {
          img: Image,
          a: Link,
          table: ({ children }: ComponentProps<'table'>) => <ScrollTable label="Table">{children}</ScrollTable>,
          // below the heading of the section
          h1: { component: 'h3' },
          h2: { component: 'h4' },
          h3: { component: 'h5' },
          h4: { component: 'h6' },
          h5: { component: 'h6' },
        },
      }}
      className="card"
    >
      {withoutFrontMatter(text)}
    </Markdown>
  )
}

/** A link if the URL is relative, http(s) or mailto, else only its text. */
const Link = ({ href = '', children }: ComponentProps<'a'>) =>
  /^(https?:|mailto:|[^:]*$)/i.test(href) ? (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  ) : (
    children
  )

const withoutFrontMatter = (text: string) => text.replace(/^---\n[\s\S]*?\n---\n/, '')
