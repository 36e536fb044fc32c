/** The coordinate plane of the figures, with functions to draw points, lines and arrows. */
import type { Paper } from './plot.tsx'

/** Distance from the center to the nearer edge, in units of the data. */
const extent = 2.35

interface Plane {
  x(value: number): number
  y(value: number): number
  /** Pixels per unit. */
  readonly unit: number
}

function planeOf({ width, height }: Paper): Plane {
  const unit = Math.min(width, height) / (2 * extent)
  return { unit, x: value => width / 2 + unit * value, y: value => height / 2 - unit * value }
}

interface Marks {
  readonly colour: string
  readonly alpha?: number
}

/** @param points float32 `[N × 2]` */
export function dots(
  paper: Paper,
  points: Float32Array,
  { colour, alpha = 1, radius }: Marks & { radius: number },
): void {
  const { context } = paper
  const { x, y } = planeOf(paper)
  context.globalAlpha = alpha
  context.fillStyle = colour
  context.beginPath()
  for (let i = 0; i < points.length; i += 2) {
    const [left, top] = [x(points[i]!), y(points[i + 1]!)]
    context.moveTo(left + radius, top)
    context.arc(left, top, radius, 0, 2 * Math.PI)
  }
  context.fill()
  context.globalAlpha = 1
}

/** Draws one line for each point, through its positions in all states. */
export function lines(
  paper: Paper,
  states: readonly Float32Array[],
  { colour, alpha = 1, width }: Marks & { width: number },
): void {
  const { context } = paper
  const { x, y } = planeOf(paper)
  context.globalAlpha = alpha
  context.strokeStyle = colour
  context.lineWidth = width
  context.lineJoin = 'round'
  context.beginPath()
  for (let i = 0; i < states[0]!.length; i += 2) {
    context.moveTo(x(states[0]![i]!), y(states[0]![i + 1]!))
    for (const state of states.slice(1)) context.lineTo(x(state[i]!), y(state[i + 1]!))
  }
  context.stroke()
  context.globalAlpha = 1
}

/** Draws velocities as arrows. Their length grows with the speed. */
export function arrows(paper: Paper, from: Float32Array, velocities: Float32Array, colour: string): void {
  const { context } = paper
  const { x, y, unit } = planeOf(paper)
  context.strokeStyle = colour
  context.lineWidth = 1.1
  context.beginPath()
  for (let i = 0; i < from.length; i += 2) {
    const [left, top] = [x(from[i]!), y(from[i + 1]!)]
    const length = Math.hypot(velocities[i]!, velocities[i + 1]!)
    // limits the length, so that neighbouring arrows do not overlap
    const scale = (unit * 0.42 * Math.tanh(length / 2.5)) / (length || 1)
    const [dx, dy] = [velocities[i]! * scale, -velocities[i + 1]! * scale]
    const [endX, endY] = [left + dx, top + dy]
    context.moveTo(left, top)
    context.lineTo(endX, endY)
    context.moveTo(endX - 0.3 * dx + 0.2 * dy, endY - 0.3 * dy - 0.2 * dx)
    context.lineTo(endX, endY)
    context.lineTo(endX - 0.3 * dx - 0.2 * dy, endY - 0.3 * dy + 0.2 * dx)
  }
  context.stroke()
}
