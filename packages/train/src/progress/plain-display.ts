/**
 * Progress for files, pipes and logs: a line for each event, and of steps and downloads, which come by the hundred, at
 * most one in five seconds, and the last of a file. No control codes.
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
    // the last count of a file is the one that stays to be read
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
