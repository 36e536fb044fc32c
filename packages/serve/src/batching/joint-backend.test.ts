import { type SampleRequest, type SourceFacts, sample } from '@mixflow/core'
import { analyticModel } from '@mixflow/core/testing'
import { describe, expect, it } from 'vitest'
import { JointBackend } from './joint-backend.ts'

const { signal } = new AbortController()

/** The runs at once over shared networks; and each by itself. */
async function both(requests: readonly SampleRequest[], { model, backend, calls }: ReturnType<typeof analyticModel>) {
  const rows: number[] = []
  const joint = new JointBackend({ networks: backend, image: model.image, onEvaluation: ({ rows: n }) => rows.push(n) })
  const before = calls()
  const shared = await Promise.all(requests.map(request => sample(joint.backend(signal), model, request)))
  const evaluations = calls() - before
  const alone = await Promise.all(requests.map(request => sample(backend, model, request)))
  return { rows, evaluations, shared, alone }
}

describe('runs that share a network', () => {
  it('of any solver, steps, class, guidance and seed take as many calls as the longest, with the same results as alone', async () => {
    const { rows, evaluations, shared, alone } = await both(
      [
        { count: 2, solver: 'euler', steps: 4, seed: 1, label: 0 },
        { count: 3, solver: 'heun', nfe: 5, seed: 2, label: null },
        { count: 1, solver: 'rk4', steps: 2, seed: 3, label: 1, guidance: 1.5 },
        { count: 4, solver: 'ab2', steps: 1, seed: 1, label: [0, 1, 2, 0], gridPower: 2, firstImage: 7 },
      ],
      analyticModel(),
    )
    expect(evaluations).toBe(8)
    // a guided image is two rows
    expect(rows).toEqual([11, 7, 7, 7, 5, 2, 2, 2])
    for (const [i, { images, nfe, steps }] of shared.entries()) {
      expect({ images, nfe, steps }).toEqual({ images: alone[i]!.images, nfe: alone[i]!.nfe, steps: alone[i]!.steps })
    }
  })

  it('also share the encoder', async () => {
    const source: SourceFacts = {
      kappa: 'noise',
      gaussian: 'mean-variance',
      mixing: 'distribution',
      tanh: false,
      conditionOnWeight: false,
      klWeight: 0,
    }
    const analytic = analyticModel({ model: { source } })
    const encoded: number[] = []
    const encode = async (kappa: Float32Array | Int32Array) => {
      encoded.push(kappa.length)
      return { mean: Float32Array.from(kappa), logVariance: new Float32Array(kappa.length).fill(-4) }
    }
    const requests = [1, 2, 3].map(seed => ({ count: seed, seed, mixtureWeight: 0.5, label: 1 }))
    const { shared, alone } = await both(requests, { ...analytic, backend: { ...analytic.backend, encode } })
    expect(encoded).toEqual([6 * 60, 60, 2 * 60, 3 * 60])
    for (const [i, { images }] of shared.entries()) expect(images).toEqual(alone[i]!.images)
  })
})
