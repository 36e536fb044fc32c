/**
 * The networks of a configuration, their objective, and the facts about them that checkpoints and manifests record. They depend
 * on nothing but the configuration and the shape of the data, so training, resuming and exporting build the same model.
 */

import {
  type ImageShape,
  kappaFc,
  type Labels,
  mixture,
  type Objective,
  objective,
  type SamplerModel,
  type SourceFacts,
  standardNormal,
} from '@mixflow/core'
import { sampledLabels, samplesFromEncoder } from '@mixflow/core/internal'
import type { TrainingConfig } from '@mixflow/zoo'
import {
  configuredNetworks,
  countParameters,
  type DenoiserNetwork,
  type EncoderNetwork,
  type ParameterSpec,
  type Parameters,
} from '@mixflow/zoo/networks'
import type * as tf from '@tensorflow/tfjs-core'
import type { Dataset } from '../data/dataset.ts'

/** What networks depend on besides the configuration. */
export interface DataFacts {
  readonly image: ImageShape
  readonly labels: Labels | null
}

export interface TrainingModel extends DataFacts {
  readonly config: TrainingConfig
  readonly denoiser: DenoiserNetwork
  readonly encoder: EncoderNetwork | null
  /** All parameters, `denoiser.…` then `encoder.…`. */
  readonly parameters: readonly ParameterSpec[]
  readonly source: SourceFacts | null
  /** Everything that sampling depends on. */
  readonly sampler: SamplerModel
}

/** Image shape and classes of a data set. */
export const dataFacts = ({ channels, height, width, classNames }: Dataset): DataFacts => ({
  image: { channels, height, width },
  labels: classNames === null ? null : { count: classNames.length, names: [...classNames] },
})

/** @throws MixflowError ARGUMENT_INVALID for network options that do not fit each other or the image. */
export function trainingModel(config: TrainingConfig, data: DataFacts): TrainingModel {
  const { image } = data
  const { labels, source, ...networks } = configuredNetworks(config, data)
  const sampler = { ...config.sampling, mixtureWeight: samplesFromEncoder(source) ? 1 : 0 }
  return {
    ...networks,
    ...{ config, image, labels, source },
    sampler: { image, labels: sampledLabels({ labels, config }), source, sampler },
  }
}

/** The parameters of one network, without the prefix in their names. */
export function under(prefix: 'denoiser' | 'encoder', all: Parameters): Parameters {
  const entries = Object.entries(all).filter(([name]) => name.startsWith(`${prefix}.`))
  return Object.fromEntries(entries.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]))
}

/** The training objective. The encoder uses `parameters` and, if it has a class embedding, `label`. */
export function objectiveOf(model: TrainingModel, parameters: Parameters, label?: tf.Tensor): Objective<tf.Tensor> {
  const { source } = model.config
  if (source === null || model.encoder === null) return objective<tf.Tensor>({ source: standardNormal() })
  const { encoder } = model
  const { kappa, gaussian, tanh, klWeight, conditionOnWeight, detachEncoder } = source
  const encoderParameters = under('encoder', parameters)
  const conditioned = kappaFc<tf.Tensor>(
    signal => encoder.apply(encoderParameters, signal, { label: label as tf.Tensor1D | undefined }),
    { kappa, gaussian, tanh },
  )
  return objective({
    source: mixture(conditioned, standardNormal(), { mixing: source.mixing, weight: source.weight }),
    klWeight,
    conditionOnWeight,
    detachEncoder,
  })
}

/** Number of parameters of each network; 0 without an encoder. */
export const parameterCounts = ({ denoiser, encoder }: TrainingModel) => ({
  denoiser: countParameters(denoiser.parameters),
  encoder: encoder === null ? 0 : countParameters(encoder.parameters),
})
