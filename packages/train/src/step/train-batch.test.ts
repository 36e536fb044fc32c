import { couplingCosts } from '@mixflow/core/internal'
import type { TrainingConfig } from '@mixflow/zoo'
import { describe, expect, it } from 'vitest'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { batches } from './train-batch.ts'
import { dataFacts, trainingModel } from './training-model.ts'

const data = tinyData()
const first = (changes: Partial<TrainingConfig>) => {
  const config = tinyConfig({ batchSize: 20, source: null, encoder: null, ...changes })
  return batches(trainingModel(config, dataFacts(data)), data)({ epoch: 0, position: 0 })
}

/** Each image as text, with its label: what a coupling may move but not change. */
const images = ({ images, labels }: ReturnType<typeof first>) =>
  Array.from({ length: 20 }, (_, i) => `${labels?.[i]} ${images.subarray(64 * i, 64 * (i + 1))}`)

describe('batches', () => {
  it('paired by optimal transport hold the same images, labels and noise, closer together', () => {
    const independent = first({})
    const paired = first({ coupling: 'optimal-transport' })
    expect(paired.draws).toEqual(independent.draws)
    expect(images(paired).sort()).toEqual(images(independent).sort())
    const distance = ({ draws, images }: typeof paired) => {
      const costs = couplingCosts(draws.noise as Float32Array, images, 20)
      return Array.from({ length: 20 }, (_, i) => costs[21 * i] as number).reduce((sum, cost) => sum + cost)
    }
    expect(distance(paired)).toBeLessThan(distance(independent))
  })

  it('hide labels by their place in the sequence, a share of them', () => {
    const { labels, shownLabels } = first({ labelDropout: 0.5 })
    const hidden = [...(shownLabels as Int32Array)].filter((label, i) => label !== labels?.[i])
    expect(hidden.length).toBeGreaterThan(3)
    expect(hidden.length).toBeLessThan(17)
    expect(new Set(hidden)).toEqual(new Set([4]))
  })
})
