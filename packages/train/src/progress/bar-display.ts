/**
 * Progress on a terminal: a bar that stays at the bottom, and above it a line for each thing that is there to stay (the
 * start, notes, grids, checkpoints, the end). `cli-progress` moves the cursor; the line itself is `barLine`.
 */
import { MultiBar } from 'cli-progress'
import pc from 'picocolors'
import { barLine, barView, emptyView } from './bar-line.ts'
import type { DisplayStream, ProgressDisplay } from './display.ts'
import { eventLine } from './event-line.ts'
import type { TrainEvent } from './train-event.ts'

export function barDisplay(stream: DisplayStream, { color }: { color: boolean }): ProgressDisplay {
  const colors = pc.createColors(color)
  let view = emptyView
  let bars: MultiBar | null = null

  const open = (): MultiBar => {
    const made = new MultiBar({
      stream,
      fps: 5,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true, // else the bar stays away after a line took its place
      linewrap: true, // leaves the terminal's wrapping as it is, for the lines above the bar
      format: (_, { maxWidth }) => barLine(view, maxWidth),
    })
    made.create(1, 0)
    process.once('exit', close) // a terminal without cursor would outlive the process
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
