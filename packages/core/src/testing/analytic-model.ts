/**
 * A model whose velocity is known in closed form: the exact rectified flow from N(0, 1) to N(mean, deviation²) per pixel,
 * the mean depending on the class. It needs no weights and no runtime, and every picture it should give is known: class c
 * of K turns noise ε into mean(c) + deviation · ε, "no label" into deviation · ε.
 */
import { type DenoiserInputs, float32Backend, type SampleBackend } from '../sampler/backend.ts'
import { LoadedModel } from '../sampler/loaded-model.ts'
import type { SamplerModel } from '../sampler/model-facts.ts'
import { Queue } from '../sampler/queue.ts'
import type { Sampler } from '../sampler/sampler.ts'
import { hasVariations } from '../sampler/variations.ts'
import { gaussianVelocity } from './exact-odes.ts'

export interface AnalyticModelOptions {
  /** 3 classes unless said; null for none. */
  readonly classes?: number | null
  /** 0.5 unless said. */
  readonly deviation?: number
  readonly model?: Partial<SamplerModel>
}

export interface AnalyticModel {
  readonly model: SamplerModel
  readonly backend: SampleBackend<Float32Array>
  readonly deviation: number
  /** Mean of a class; of "no label" 0. */
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
  const size = model.image.channels * model.image.height * model.image.width
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
  // a source that knows its image: nearly that image at w = 1, and darker by the class where the encoder is told it
  const encode = async (kappa: Float32Array | Int32Array, label?: Int32Array) => ({
    mean: Float32Array.from(kappa, (value, i) => value - 0.1 * (label?.[Math.floor(i / size)] ?? 0)),
    logVariance: new Float32Array(kappa.length).fill(-4),
  })
  return {
    model,
    backend: float32Backend({ velocity, ...(hasVariations(model) && { encode }) }),
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
    place: () => ({ device: 'analytic', dtype: 'float32' }),
    toImage: image => image,
    release: async () => {},
  })
}
