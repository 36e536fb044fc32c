/** Progress as one line of a terminal, which is erased at the end. Nothing is written to files and pipes. */

import { printableName } from '@mixflow/core/internal'

export interface StatusStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface StatusLine extends Disposable {
  /** Redraws at most ten times a second. */
  show(text: string): void
  clear(): void
}

const interval = 100
const eraseLine = '\r\u001b[2K'

export function statusLine(
  stream: StatusStream = process.stderr,
  now: () => number = () => performance.now(),
): StatusLine {
  const isShown = stream.isTTY === true && process.env.TERM !== 'dumb'
  let drawnAt = Number.NEGATIVE_INFINITY
  const clear = () => {
    if (drawnAt !== Number.NEGATIVE_INFINITY) stream.write(eraseLine)
    drawnAt = Number.NEGATIVE_INFINITY
  }
  return {
    show(text) {
      if (!isShown || now() - drawnAt < interval) return
      drawnAt = now()
      stream.write(eraseLine + [...printableName(text)].slice(0, (stream.columns ?? 80) - 1).join(''))
    },
    clear,
    [Symbol.dispose]: clear,
  }
}
