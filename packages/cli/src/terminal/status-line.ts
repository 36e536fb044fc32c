/** One line on a terminal that says what goes on and is gone afterwards. Files and pipes get nothing of it. */

import { printableName } from '@mixflow/core/internal'

export interface StatusStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface StatusLine {
  /** Called as often as there is news; redraws at most ten times a second. */
  show(text: string): void
  clear(): void
}

const interval = 100
const eraseLine = '\r\u001b[2K'

export function statusLine(
  stream: StatusStream = process.stderr,
  now: () => number = () => performance.now(),
): StatusLine {
  if (stream.isTTY !== true || process.env.TERM === 'dumb') return { show() {}, clear() {} }
  let drawnAt = Number.NEGATIVE_INFINITY
  return {
    show(text) {
      if (now() - drawnAt < interval) return
      drawnAt = now()
      stream.write(eraseLine + [...printableName(text)].slice(0, (stream.columns ?? 80) - 1).join(''))
    },
    clear() {
      if (drawnAt !== Number.NEGATIVE_INFINITY) stream.write(eraseLine)
      drawnAt = Number.NEGATIVE_INFINITY
    },
  }
}
