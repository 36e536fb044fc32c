/**
 * The texts of progress: `eventLine` is an event as one plain line (several for the end), and `barLine` the bar of a terminal.
 */

import { printableName } from '@mixflow/core/internal'
import type { DataProgress } from '../data/tasks.ts'
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from './format.ts'
import type { TrainEvent } from './train-event.ts'

type EventOf<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>

/** What a line needs besides its event. */
interface LineContext {
  readonly totalImages: number
}

/** Control characters and line breaks in names are escaped. */
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
      return `length adjusted to the measured speed: ${formatCount(event.totalImages)} images, ${formatDuration(event.secondsLeft)} left`
    case 'step':
      return `${progressText(event.imagesSeen, totalImages)}   ${stepText(event)}`
    case 'samples':
      return `samples     ${event.path}`
    case 'checkpoint':
      return `checkpoint  ${event.path}`
  }
}

/** `loss 0.243   382 images/s   1 min 28 s left` */
function stepText({ loss, imagesPerSecond, secondsLeft }: EventOf<'step'>): string {
  const left = secondsLeft < 60 ? Math.ceil(secondsLeft) : secondsLeft
  const time = left === 0 ? '0 s' : formatDuration(left).replace('.0 s', ' s')
  return `loss ${formatNumber(loss)}   ${formatNumber(imagesPerSecond)} images/s   ${time} left`
}

/** `download train-images.gz: 4.2 MB of 9.9 MB` */
function dataText({ phase, what, done, total }: DataProgress): string {
  if (phase === 'wait') return `waiting for another process to download ${what}`
  if (phase === 'read') return `read ${what}: ${formatCount(done)} of ${formatCount(total)} images`
  return `${phase} ${what}: ${formatBytes(done)} of ${formatBytes(total)}`
}

const progressText = (done: number, total: number): string =>
  `${formatCount(done)} of ${formatCount(total)} images (${formatPercent(total > 0 ? done / total : Number.NaN)})`

function startLine({ title, totalImages, startImages, device }: EventOf<'start'>): string {
  const length =
    startImages > 0 ? `resuming at ${progressText(startImages, totalImages)}` : `${formatCount(totalImages)} images`
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

/** The state of the bar: `barView` updates it with each event, `barLine` renders it. */
export interface BarView {
  /** Length of the run; 0 before the start event. */
  readonly totalImages: number
  readonly imagesSeen: number
  /** Loss, speed and time left; null before the first step. */
  readonly step: string | null
  /** What happens instead of steps, with the fraction done if known. */
  readonly busy: { readonly text: string; readonly share: number | null } | null
}

export const emptyView: BarView = { totalImages: 0, imagesSeen: 0, step: null, busy: null }

export function barView(view: BarView, event: TrainEvent): BarView {
  switch (event.type) {
    case 'data': {
      const { done, total } = event.progress
      return { ...view, busy: { text: eventLine(event, view), share: total > 0 ? done / total : null } }
    }
    case 'phase':
      return { ...view, busy: { text: eventLine(event, view), share: null } }
    case 'start':
      return { totalImages: event.totalImages, imagesSeen: event.startImages, step: null, busy: null }
    case 'length':
      return { ...view, totalImages: event.totalImages }
    case 'step':
      return { ...view, imagesSeen: event.imagesSeen, step: stepText(event), busy: null }
    default:
      return { ...view, busy: null }
  }
}

const gap = '   '
const leastBar = 8
const mostBar = 32

/** The bar as one line, without its less important parts if the terminal is narrow. @param width columns of the terminal */
export function barLine(view: BarView, width: number): string {
  const { totalImages, imagesSeen, step, busy } = view
  const room = Math.max(1, width - 1)
  const started = totalImages > 0
  const share = started ? imagesSeen / totalImages : (busy?.share ?? null)
  const doing = busy === null ? step : `${busy.text} …`
  if (share === null) return clip(doing ?? '', room)

  const percent = formatPercent(share).padStart(5)
  const count = started ? `${formatCount(imagesSeen)}/${formatCount(totalImages)}` : null
  const texts = [
    [percent, count, doing],
    [percent, doing],
  ].map(parts => parts.filter(part => part !== null).join(gap))
  const text = texts.find(each => each.length + leastBar + 1 <= room)
  if (text === undefined) return clip(texts[1] as string, room)
  return `${bar(share, Math.min(mostBar, room - text.length - 1))} ${text}`
}

function bar(share: number, width: number): string {
  const done = Math.min(width, Math.max(0, Math.floor(share * width)))
  return '█'.repeat(done) + '░'.repeat(width - done)
}

const clip = (text: string, room: number): string => (text.length > room ? `${text.slice(0, room - 1)}…` : text)
