/**
 * A model whose velocity is known in closed form: the exact rectified flow from N(0, 1) to N(mean, deviation²) per pixel, with a mean
 * for each class. It needs no parameters and no runtime, and every image is known: class c of K maps noise ε to
 * mean(c) + deviation · ε, "no label" to deviation · ε. Its encoder is `referenceEncoder`.
 */
import { type DenoiserInputs, float32Backend, type SampleBackend } from '../sampler/backend.ts'
import { LoadedModel } from '../sampler/loaded-model.ts'
import { elementsOf, type SamplerModel } from '../sampler/model-facts.ts'
import { Queue } from '../sampler/queue.ts'
import type { Sampler } from '../sampler/sampler.ts'
import { referenceEncoder } from './conformance/sources.ts'
import { gaussianVelocity } from './exact-odes.ts'

export interface AnalyticModelOptions {
  /** Number of classes; null for none. Default: 3. */
  readonly classes?: number | null
  /** Default: 0.5. */
  readonly deviation?: number
  readonly model?: Partial<SamplerModel>
}

export interface AnalyticModel {
  readonly model: SamplerModel
  readonly backend: SampleBackend<Float32Array>
  readonly deviation: number
  /** Mean of a class; 0 for "no label". */
  meanOf(label: number | undefined): number
  /** Calls of the network so far. */
  calls(): number
}

export function analyticModel(options: AnalyticModelOptions = {}): AnalyticModel {
  const { classes = 3, deviation = 0.5 } = options
  const model: SamplerModel = {
    image: { channels: 3, height: 4, width: 5 },
    labels: classes === null ? null : { count: classes },
    source: null,
    sampler: { solver: 'heun', nfe: 5, guidance: 0, mixtureWeight: 0 },
    ...options.model,
  }
  const size = elementsOf(model.image)
  const meanOf = (label: number | undefined) =>
    label === undefined || label === classes ? 0 : (label + 1) / ((classes ?? 0) + 1) - 0.5
  let calls = 0
  const velocity = (x: Float32Array, { t, label }: DenoiserInputs) => {
    calls++
    return x.map((value, i) => {
      const image = Math.floor(i / size)
      return gaussianVelocity(value, t[image]!, { mean: meanOf(label?.[image]), deviation })
    })
  }
  const encode = model.source && referenceEncoder(model.source, model.image)
  return {
    model,
    backend: float32Backend({ velocity, ...(encode && { encode }) }),
    deviation,
    meanOf,
    calls: () => calls,
  }
}

/** The analytic model behind the Sampler contract. */
export function analyticSampler(options: AnalyticModelOptions = {}): Sampler {
  const { model, backend } = analyticModel(options)
  return new LoadedModel({
    model: { name: 'analytic', ...model },
    queue: new Queue(),
    backend: () => backend,
    runtime: () => ({ device: 'analytic', dtype: 'float32' }),
    toImage: image => image,
    release: async () => {},
  })
}
