import { normals } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { nearCopies, typicalDistance } from './near-copies.ts'
import { nearestNeighbours, type Rows } from './nearest-neighbours.ts'

const dimensions = 16
const draw = (seed: number, count: number): Rows => ({
  features: normals({ seed, stream: 'probe', images: count, elementsPerImage: dimensions }),
  dimensions,
})
const training = draw(1, 800)

describe('nearCopies', () => {
  it('finds none among new images of the same distribution, whose distance is about 1', () => {
    const { share, distance, pairs } = nearCopies({ generated: draw(2, 300), training })
    expect({ share, pairs }).toEqual({ share: 0, pairs: [] })
    expect(Math.abs(distance - 1)).toBeLessThan(0.05)
  })

  it('finds copied images, their originals and their ratios', () => {
    const generated = draw(3, 100)
    const [near, exact] = [7, 42]
    for (let i = 0; i < dimensions; i++) {
      generated.features[near * dimensions + i] = training.features[11 * dimensions + i]! + 0.05
      generated.features[exact * dimensions + i] = training.features[5 * dimensions + i]!
    }
    const { share, pairs } = nearCopies({ generated, training })
    expect(share).toBe(0.02)
    expect(pairs.map(({ generated, training }) => [generated, training])).toEqual([
      [exact, 5],
      [near, 11],
    ])
    expect(pairs[0]?.ratio).toBe(0)
    expect(pairs[1]?.ratio).toBeLessThan(1 / 3)
  })

  it('lists the images nearest to a training image first, each with its four nearest', () => {
    const generated = draw(3, 100)
    const [near, exact] = [7, 42]
    for (let i = 0; i < dimensions; i++) {
      generated.features[near * dimensions + i] = training.features[11 * dimensions + i]! + 0.05
      generated.features[exact * dimensions + i] = training.features[5 * dimensions + i]!
    }
    const { nearest, distance } = nearCopies({ generated, training })
    expect(nearest).toHaveLength(100)
    expect(nearest.slice(0, 2).map(({ generated, training }) => [generated, training[0]])).toEqual([
      [exact, 5],
      [near, 11],
    ])
    const distances = nearest.map(each => each.distance)
    expect(distances[0]).toBe(0)
    expect(distances[1]).toBeCloseTo((0.05 * Math.sqrt(dimensions)) / typicalDistance(training), 6)
    expect(distances).toEqual(distances.toSorted((a, b) => a - b))
    expect((distances[49]! + distances[50]!) / 2).toBeCloseTo(distance, 12)
    // of a copy, the others are the neighbours of the training image itself
    const own = nearestNeighbours(training, training, { k: 3, excludeSelf: true }).indices.subarray(5 * 3, 6 * 3)
    expect(nearest[0]!.training).toEqual([5, ...own])
  })

  it('lists fewer neighbours if there are fewer training images', () => {
    const { nearest } = nearCopies({ generated: draw(2, 3), training: draw(1, 2) })
    for (const { training } of nearest) expect(training.toSorted()).toEqual([0, 1])
  })

  it('detects a memorised set with duplicates by the distance alone', () => {
    const twice: Rows = { features: Float32Array.from([...training.features, ...training.features]), dimensions }
    const { share, distance } = nearCopies(
      { generated: training, training: twice },
      { typical: typicalDistance(training) },
    )
    expect(share).toBe(0)
    expect(distance).toBe(0)
  })

  it('refuses a training set of duplicates, whose typical distance is 0', () => {
    const twice: Rows = { features: Float32Array.from([...training.features, ...training.features]), dimensions }
    expect(() => typicalDistance(twice)).toThrow(/at least half of the training images have duplicates/)
    // less than half: the others say it
    const some: Rows = { features: twice.features.subarray(0, 1.3 * 800 * dimensions), dimensions }
    expect(typicalDistance(some)).toBeGreaterThan(0)
  })

  it('requires two training images', () => {
    expect(() => nearCopies({ generated: draw(2, 3), training: draw(1, 1) }, { typical: 1 })).toThrow(
      /two training images/,
    )
  })
})
