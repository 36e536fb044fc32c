/**
 * Shows the events of a run on a stream: a bar on a terminal, plain lines in files, pipes, CI systems and turbo (which prefixes each
 * line, even though it imitates a terminal).
 */

import { MultiBar } from 'cli-progress'
import pc from 'picocolors'
import { barLine, barView, emptyView, eventLine } from './progress-line.ts'
import type { TrainEvent } from './train-event.ts'

export interface ProgressDisplay {
  show(event: TrainEvent): void
  /** Removes the bar and restores the cursor, as an `end` event does. May be called more than once. */
  close(): void
}

/** A stream like `process.stdout`. */
export interface DisplayStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface ProgressOptions {
  /** CI, TURBO_HASH and TERM=dumb select plain lines, NO_COLOR a bar without colours. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A clock in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

export function progressDisplay(stream: DisplayStream, options: ProgressOptions = {}): ProgressDisplay {
  const { env = process.env, now = () => performance.now() } = options
  const isTerminal = stream.isTTY === true && !env.CI && !env.TURBO_HASH && env.TERM !== 'dumb'
  return isTerminal ? barDisplay(stream, { color: !env.NO_COLOR }) : plainDisplay(stream, { now })
}

/** A bar at the bottom of a terminal, and above it a line for each event that remains (start, notes, grids, checkpoints, end). */
function barDisplay(stream: DisplayStream, { color }: { color: boolean }): ProgressDisplay {
  const colors = pc.createColors(color)
  let view = emptyView
  let bars: MultiBar | null = null

  const open = (): MultiBar => {
    const made = new MultiBar({
      stream,
      fps: 5,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true, // otherwise the bar does not return after a line
      linewrap: true, // keeps the terminal's wrapping for the lines above the bar
      format: (_, { maxWidth }) => barLine(view, maxWidth),
    })
    made.create(1, 0)
    process.once('exit', close) // restores the cursor
    return made
  }

  const close = (): void => {
    bars?.update()
    bars?.stop()
    bars = null
    process.off('exit', close)
  }

  const lasting = (event: TrainEvent): string | null => {
    const line = eventLine(event, view)
    if (event.type === 'start' || event.type === 'end') return colors.bold(line)
    if (event.type === 'note' || event.type === 'length') return colors.yellow(line)
    return event.type === 'samples' || event.type === 'checkpoint' ? colors.dim(line) : null
  }

  return {
    show(event) {
      view = barView(view, event)
      const line = lasting(event)
      if (event.type === 'end') {
        close()
        stream.write(`${line}\n`)
        return
      }
      bars ??= open()
      if (line !== null) bars.log(`${line}\n`)
    },
    close,
  }
}

const intervalMs = 5000

/** A line for each event; of steps and downloads, at most one in five seconds and the last of each file. No control codes. */
function plainDisplay(stream: DisplayStream, { now }: { now: () => number }): ProgressDisplay {
  let totalImages = 0
  let lastFrequent = now()
  let lastFile = ''

  const isDue = (event: TrainEvent): boolean => {
    if (event.type !== 'step' && event.type !== 'data') return true
    const file = event.type === 'data' ? `${event.progress.phase} ${event.progress.what}` : lastFile
    // always show the last count of a file
    const isDone = event.type === 'data' && event.progress.total > 0 && event.progress.done >= event.progress.total
    if (file === lastFile && now() - lastFrequent < intervalMs && !isDone) return false
    lastFile = file
    lastFrequent = now()
    return true
  }

  return {
    show(event) {
      if (event.type === 'start' || event.type === 'length') totalImages = event.totalImages
      if (isDue(event)) stream.write(`${eventLine(event, { totalImages })}\n`)
    },
    close() {},
  }
}
