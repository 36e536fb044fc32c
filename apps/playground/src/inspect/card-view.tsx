/**
 * A model's card, which anybody may have written: HTML in it stays text, addresses are checked (here, and by the renderer), and only pictures that the
 * manifest vouches for are shown, so that a card cannot ask another host for anything.
 */
import Markdown from 'markdown-to-jsx'
import type { ComponentProps } from 'react'
import type { Card } from './inspection.ts'

export function CardView({ card: { text, pictures } }: { readonly card: Card }) {
  const Picture = ({ src = '', alt = '' }: ComponentProps<'img'>) => {
    const known = pictures[src.replace(/^\.\//, '')]
    return known === undefined ? <em className="muted">[{alt || 'picture'}]</em> : <img src={known} alt={alt} />
  }
  return (
    <Markdown
      options={{
        wrapper: 'div',
        forceWrapper: true,
        disableParsingRawHTML: true,
        overrides: {
          img: Picture,
          a: Link,
          table: ScrollingTable,
          // below the heading of the section
          ...{ h1: { component: 'h3' }, h2: { component: 'h4' }, h3: { component: 'h5' } },
          ...{ h4: { component: 'h6' }, h5: { component: 'h6' } },
        },
      }}
      className="card"
    >
      {withoutFrontMatter(text)}
    </Markdown>
  )
}

/** Text where the address has another scheme than those of pages and mail. */
const Link = ({ href = '', children }: ComponentProps<'a'>) =>
  /^(https?:|mailto:|[^:]*$)/i.test(href) ? (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  ) : (
    <>{children}</>
  )

const ScrollingTable = ({ children }: ComponentProps<'table'>) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <section className="scroll" tabIndex={0} aria-label="Table">
    <table>{children}</table>
  </section>
)

/** The facts for machines that some hubs want at the top. */
const withoutFrontMatter = (text: string) => text.replace(/^---\n[\s\S]*?\n---\n/, '')
