/** The frame around every view: navigation, theme, and what a screen reader is told when the view changes. */
import { Component, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { formatAddress, useAddress } from './address/address.ts'
import { ThemeButton } from './theme-button.tsx'
import { views } from './views.ts'

export function App() {
  const address = useAddress()
  const shown = views.find(({ id }) => id === address.view) ?? views[0]!
  const main = useRef<HTMLElement>(null)
  const before = useRef(shown.id)

  useEffect(() => {
    document.title = `${shown.title} · MixFlow playground`
    if (before.current === shown.id) return
    before.current = shown.id
    main.current?.focus({ preventScroll: true })
    scrollTo({ top: 0 })
  }, [shown])

  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="top">
        <a className="brand" href={formatAddress({ view: views[0]!.id, query: '' })}>
          <Mark />
          <span>
            MixFlow <span className="brand-rest">playground</span>
          </span>
        </a>
        <nav aria-label="Views">
          {views.map(({ id, title }) => (
            <a
              key={id}
              href={formatAddress({ view: id, query: '' })}
              aria-current={id === shown.id ? 'page' : undefined}
              // the view that is shown keeps its state
              onClick={event => id === shown.id && event.preventDefault()}
            >
              {title}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="content" ref={main} tabIndex={-1} aria-label={shown.title}>
        <Failure key={shown.id}>
          <Suspense fallback={<p className="loading">Loading …</p>}>
            <shown.Component />
          </Suspense>
        </Failure>
      </main>
      <footer className="bottom">
        <p>
          Everything runs in this page: nothing is sent anywhere. <cite>MixFlow</cite> is described in arXiv 2604.09181.
        </p>
      </footer>
    </>
  )
}

/** A straight path and a bent one. */
const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
    <path className="mark-bent" d="M6 25C14 25 13 8 26 7" />
    <path className="mark-straight" d="M6 25 26 7" />
    <circle cx="6" cy="25" r="3" />
    <circle cx="26" cy="7" r="3" />
  </svg>
)

/** A view that fails, fails alone. */
class Failure extends Component<{ readonly children: ReactNode }, { readonly message: string | null }> {
  override state = { message: null }

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) }
  }

  override render() {
    if (this.state.message === null) return this.props.children
    return (
      <section className="panel problem" role="alert">
        <h1>This view has failed</h1>
        <p>{this.state.message}</p>
        <p>Reload the page to start again; the other views still work.</p>
      </section>
    )
  }
}
