import { describe, expect, it } from 'vitest'
import { dataset } from './datasets.ts'
import { heart, readStrokes, writeStrokes } from './drawing.ts'
import { energyDistanceFrom } from './energy-distance.ts'
import { shapes } from './run.ts'

const draw = (shape: (typeof shapes)[number], firstImage: number, images: number, drawing = '') =>
  dataset({ shape, drawing })({ seed: 3, firstImage, images })

describe.each(shapes)('%s', shape => {
  it('is centered, has about unit variance, and fits the plot', () => {
    const points = draw(shape, 0, 4000)
    const mean = (f: (value: number) => number) => points.reduce((sum, value) => sum + f(value), 0) / points.length
    expect(Math.abs(mean(x => x))).toBeLessThan(0.2)
    const deviation = Math.sqrt(mean(x => x * x))
    expect([deviation > 0.7, deviation < 1.3]).toEqual([true, true])
    expect(points.every(value => Math.abs(value) < 2.6)).toBe(true)
  })

  it('point i does not depend on the batch', () => {
    expect(draw(shape, 5, 3)).toEqual(draw(shape, 0, 8).slice(10))
  })
})

it('the checkerboard leaves every other square empty', () => {
  const points = draw('checkerboard', 0, 2000)
  const squares = new Set<string>()
  for (let i = 0; i < points.length; i += 2) squares.add(`${Math.floor(points[i]!)},${Math.floor(points[i + 1]!)}`)
  expect(squares.size).toBe(8)
  for (const square of squares) {
    const [column, row] = square.split(',').map(Number)
    expect(Math.abs(column! + row!) % 2).toBe(0)
  }
})

it('a drawing is restored from its text, up to the resolution', () => {
  const strokes = [
    [
      [-1, -1],
      [0, 0.5],
      [1, 1],
    ],
    [[0.3, -0.7]],
  ] as const
  const text = writeStrokes(strokes)
  expect(text).toMatch(/^[\w.-]+$/)
  const read = readStrokes(text)!
  expect(read.map(stroke => stroke.length)).toEqual([3, 1])
  read.flat(2).forEach((value, i) => void expect(value).toBeCloseTo(strokes.flat(2)[i]!, 1))
  expect(writeStrokes(read)).toBe(text)
})

it.each(['', 'A', 'AA.', '.AA', 'A A', 'AA..BB', '<b>', 'A'.repeat(4000)])('%s is not a valid drawing', text => {
  expect(readStrokes(text)).toBeNull()
})

it('points are spread evenly along the strokes', () => {
  const points = draw(
    'drawing',
    0,
    2000,
    writeStrokes([
      [
        [-0.5, 0],
        [0.5, 0],
      ],
    ]),
  )
  const xs = points.filter((_, i) => i % 2 === 0)
  expect(Math.max(...xs)).toBeLessThan(1.3)
  expect(xs.filter(x => x < 0).length / xs.length).toBeCloseTo(0.5, 1)
  expect(readStrokes(heart)).not.toBeNull()
})

it('the energy distance of a set to itself is 0, of two points twice their distance', () => {
  const points = draw('moons', 0, 50)
  expect(energyDistanceFrom(points)(points)).toBeCloseTo(0, 10)
  expect(energyDistanceFrom(Float32Array.of(0, 0))(Float32Array.of(3, 4))).toBe(10)
})
