import type { ReactNode } from 'react'

/** A table that scrolls sideways if it is too wide. */
export const ScrollTable = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
  <section className="scroll" tabIndex={0} aria-label={label}>
    <table>{children}</table>
  </section>
)
