/**
 * Progress for files, pipes and logs: a line for each event, and of steps and downloads, which come by the hundred, at
 * most one in five seconds. No control codes.
 */

import type { DisplayStream, ProgressDisplay } from './display.ts'
import { eventLine } from './event-line.ts'
import type { TrainEvent } from './train-event.ts'

const intervalMs = 5000

export function plainDisplay(stream: DisplayStream, { now }: { now: () => number }): ProgressDisplay {
  let totalImages = 0
  let lastFrequent = now()
  let lastFile = ''

  const isDue = (event: TrainEvent): boolean => {
    if (event.type !== 'step' && event.type !== 'data') return true
    const file = event.type === 'data' ? `${event.progress.phase} ${event.progress.what}` : lastFile
    if (file === lastFile && now() - lastFrequent < intervalMs) return false
    lastFile = file
    lastFrequent = now()
    return true
  }

  return {
    show(event) {
      if (event.type === 'start') totalImages = event.totalImages
      if (isDue(event)) stream.write(`${eventLine(event, { totalImages })}\n`)
    },
    close() {},
  }
}
