/** An event of a training run as one plain line (the end may have more), the same on a terminal and in a log file. */
import { printableName } from '@mixflow/core/internal'
import type { DataProgress } from '../data/progress.ts'
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from './format.ts'
import type { TrainEvent } from './train-event.ts'

type EventOf<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>

/** What surrounds an event: the run's length, which a step does not repeat. */
export interface LineContext {
  readonly totalImages: number
}

/** Names, line breaks in them too, are escaped. */
export function eventLine(event: TrainEvent, context: LineContext): string {
  return event.type === 'end' ? endLines(event) : printableName(lineOf(event, context))
}

function lineOf(event: Exclude<TrainEvent, EventOf<'end'>>, { totalImages }: LineContext): string {
  switch (event.type) {
    case 'data':
      return dataText(event.progress)
    case 'phase':
    case 'note':
      return event.text
    case 'start':
      return startLine(event)
    case 'length':
      return `planned again from the speed so far: ${formatCount(event.totalImages)} images, ${formatDuration(event.secondsLeft)} left`
    case 'step':
      return `${progressText(event.imagesSeen, totalImages)}   ${stepText(event)}`
    case 'samples':
      return `samples     ${event.path}`
    case 'checkpoint':
      return `checkpoint  ${event.path}`
  }
}

/** `loss 0.243   382 images/s   1 min 28 s left` */
export function stepText({ loss, imagesPerSecond, secondsLeft }: EventOf<'step'>): string {
  const left = secondsLeft < 60 ? Math.ceil(secondsLeft) : secondsLeft
  const time = left === 0 ? '0 s' : formatDuration(left).replace('.0 s', ' s')
  return `loss ${formatNumber(loss)}   ${formatNumber(imagesPerSecond)} images/s   ${time} left`
}

/** `download train-images.gz: 4.2 MB of 9.9 MB` */
function dataText({ phase, what, done, total }: DataProgress): string {
  if (phase === 'wait') return `waiting for another process that downloads ${what}`
  if (phase === 'read') return `read ${what}: ${formatCount(done)} of ${formatCount(total)} images`
  return `${phase} ${what}: ${formatBytes(done)} of ${formatBytes(total)}`
}

const progressText = (done: number, total: number): string =>
  `${formatCount(done)} of ${formatCount(total)} images (${formatPercent(total > 0 ? done / total : Number.NaN)})`

function startLine({ title, totalImages, startImages, device }: EventOf<'start'>): string {
  const length =
    startImages > 0 ? `going on at ${progressText(startImages, totalImages)}` : `${formatCount(totalImages)} images`
  return `${title}: ${length}, on ${device}`
}

function endLines({ outcome, imagesSeen, totalImages, seconds, loss, report, reason }: EventOf<'end'>): string {
  const seen = outcome === 'finished' ? `${formatCount(imagesSeen)} images` : progressText(imagesSeen, totalImages)
  const word = { finished: 'done', interrupted: 'interrupted', failed: 'failed' }[outcome]
  const result = loss === null ? '' : `, loss ${formatNumber(loss)}`
  return [
    `${word}: ${seen} in ${formatDuration(seconds)}${result}`,
    ...(reason === undefined ? [] : [reason]),
    ...(report === null ? [] : [`report      ${report}`]),
  ]
    .map(printableName)
    .join('\n')
}
