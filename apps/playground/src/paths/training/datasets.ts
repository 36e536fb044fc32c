/** Two-dimensional data sets with about unit variance. Point i of a seed does not depend on the batch. */
import { normals, uniforms } from '@mixflow/core'
import { alongStrokes, heart, readStrokes } from './drawing.ts'
import type { Settings } from './run.ts'

export interface PointRange {
  readonly seed: number
  readonly firstImage: number
  readonly images: number
}

/** Maps three uniform and two normal numbers to a point. */
type Sampler = (
  uniform: readonly [number, number, number],
  jitter: readonly [number, number],
) => readonly [number, number]

const moons: Sampler = ([u, side], [jx, jy]) => {
  const sign = side < 0.5 ? -1 : 1
  const angle = Math.PI * u
  return [1.2 * sign * (Math.cos(angle) + 0.5) + 0.07 * jx, 1.2 * sign * (Math.sin(angle) - 0.25) + 0.07 * jy]
}

const spirals: Sampler = ([u, arm], [jx, jy]) => {
  const sign = arm < 0.5 ? -1 : 1
  const angle = 3 * Math.PI * Math.sqrt(0.02 + 0.98 * u)
  const radius = (sign * 1.9 * angle) / (3 * Math.PI)
  return [radius * Math.cos(angle) + 0.05 * jx, radius * Math.sin(angle) + 0.05 * jy]
}

/** The eight dark squares of a 4 × 4 board. */
const checkerboard: Sampler = ([cell, u, v]) => {
  const square = Math.floor(8 * cell)
  const row = square >> 1
  const column = 2 * (square & 1) + (row & 1)
  return [column - 2 + u, row - 2 + v]
}

const drawingOf = (text: string): Sampler => {
  const along = alongStrokes(readStrokes(text) ?? readStrokes(heart)!)
  return ([u], [jx, jy]) => {
    const [x, y] = along(u)
    return [2 * x + 0.04 * jx, 2 * y + 0.04 * jy]
  }
}

/** float32 `[images × 2]` */
export type Dataset = (range: PointRange) => Float32Array

export function dataset({ shape, drawing }: Pick<Settings, 'shape' | 'drawing'>): Dataset {
  const sampler = { moons, spirals, checkerboard, drawing: drawingOf(drawing) }[shape]
  return range => {
    const u = uniforms({ ...range, stream: 'label', elementsPerImage: 3 })
    const z = normals({ ...range, stream: 'probe', elementsPerImage: 2 })
    const points = new Float32Array(2 * range.images)
    for (let i = 0; i < range.images; i++) {
      points.set(sampler([u[3 * i]!, u[3 * i + 1]!, u[3 * i + 2]!], [z[2 * i]!, z[2 * i + 1]!]), 2 * i)
    }
    return points
  }
}
