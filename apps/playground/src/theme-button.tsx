/** Switches between light and dark. Default: the system's theme. public/theme.js applies a stored choice before the first paint. */
import { Button } from '@base-ui/react/button'
import { useSyncExternalStore } from 'react'

const key = 'mixflow-theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const root = document.documentElement

const isDark = () => (root.dataset.theme === undefined ? system.matches : root.dataset.theme === 'dark')

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(root, { attributeFilter: ['data-theme'] })
  system.addEventListener('change', listener)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', listener)
  }
}

/** Also for drawings on a canvas. */
export const useIsDark = () => useSyncExternalStore(subscribe, isDark)

export function ThemeButton() {
  const dark = useIsDark()
  const toggle = () => {
    const theme = dark ? 'light' : 'dark'
    root.dataset.theme = theme
    try {
      localStorage.setItem(key, theme)
    } catch {
      // without storage the choice ends with the page
    }
  }
  return (
    <Button className="theme" aria-label={dark ? 'Switch to light theme' : 'Switch to dark theme'} onClick={toggle}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        {dark ? (
          <path d="M10 6.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M4 16l1.4-1.4M14.6 5.4 16 4" />
        ) : (
          <path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z" />
        )}
      </svg>
    </Button>
  )
}
