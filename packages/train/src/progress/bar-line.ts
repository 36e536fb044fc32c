/**
 * The one line that a terminal shows of a run under way: a bar with loss, images/s and time left, or what is being done
 * instead of a step. Pure: `barView` folds events into what is to be shown, `barLine` fits it into a width by leaving
 * out what matters least.
 */
import { eventLine, stepText } from './event-line.ts'
import { formatCount, formatPercent } from './format.ts'
import type { TrainEvent } from './train-event.ts'

export interface BarView {
  /** Of the run; 0 before its start is known. */
  readonly totalImages: number
  readonly imagesSeen: number
  /** Loss, rate and time left, once there was a step. */
  readonly step: string | null
  /** What goes on instead of steps, with its own share where it is known. */
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

/** @param width columns of the terminal; the line is shorter. */
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
