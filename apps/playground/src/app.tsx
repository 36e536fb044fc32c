/** The frame around the views: navigation, theme and footer. When the view changes, it moves the focus and sets the page's title. */
import { Component, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { ThemeButton } from './theme-button.tsx'
import { formatHash, useHash } from './url/url-state.ts'
import { views } from './views.ts'

export function App() {
  const hash = useHash()
  const shown = views.find(({ id }) => id === hash.view) ?? views[0]!
  const main = useRef<HTMLElement>(null)
  const nav = useRef<HTMLElement>(null)
  const previous = useRef(shown.id)

  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    document.title = `${shown.title} · MixFlow playground`
    if (previous.current === shown.id) return
    previous.current = shown.id
    main.current?.focus({ preventScroll: true })
    scrollTo({ top: 0 })
  }, [shown])

  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header className="top">
        <a className="brand" href={formatHash({ view: views[0]!.id, query: '' })}>
          <Mark />
          <span>
            MixFlow <span className="brand-rest">playground</span>
          </span>
        </a>
        <nav ref={nav} aria-label="Views">
          {views.map(({ id, title }) => (
            <a
              key={id}
              href={formatHash({ view: id, query: '' })}
              aria-current={id === shown.id ? 'page' : undefined}
              // a link to the current view would reset its state
              onClick={event => id === shown.id && event.preventDefault()}
            >
              {title}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="content" ref={main} tabIndex={-1} aria-label={shown.title}>
        <ErrorBoundary key={shown.id}>
          <Suspense fallback={<p className="loading">Loading…</p>}>
            <shown.Component />
          </Suspense>
        </ErrorBoundary>
      </main>
      <footer className="bottom">
        <p>
          Everything runs in your browser; nothing is uploaded. Based on the paper{' '}
          <a href="https://arxiv.org/abs/2604.09181">MixFlow (arXiv:2604.09181)</a>.
        </p>
      </footer>
    </>
  )
}

/** A straight and a curved path. */
const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
    <path className="mark-curved" d="M6 25C14 25 13 8 26 7" />
    <path className="mark-straight" d="M6 25 26 7" />
    <circle cx="6" cy="25" r="3" />
    <circle cx="26" cy="7" r="3" />
  </svg>
)

/** Contains an error in one view, so that the others keep working. */
class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly message: string | null }> {
  override state = { message: null }

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) }
  }

  override render() {
    if (this.state.message === null) return this.props.children
    return (
      <section className="panel problem" role="alert">
        <h1>Something went wrong</h1>
        <p>{this.state.message}</p>
        <p>Reload the page to try again. The other views still work.</p>
      </section>
    )
  }
}
