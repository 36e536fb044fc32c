/** The networks by kind, as presets and checkpoints name them. */

import type { ImageShape, Labels, SourceFacts } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import type { SourceConfig, TrainingConfig } from '../training-config.ts'
import { diffusersUnet } from './diffusers-unet/diffusers-unet.ts'
import type { DenoiserNetwork, EncoderNetwork, ParameterSpec } from './network.ts'
import { songUnet } from './song-unet/song-unet.ts'
import { unet, unetEncoder } from './unet.ts'
import { type NetworkContext, networkContext } from './unet-options.ts'

export const denoiserKinds = { unet, 'song-unet': songUnet } as const satisfies Record<
  string,
  (options: unknown, context: NetworkContext) => DenoiserNetwork
>

export const encoderKinds = { unet: unetEncoder, 'diffusers-unet': diffusersUnet } as const satisfies Record<
  string,
  (options: unknown, context: NetworkContext) => EncoderNetwork
>

export interface NetworkChoice {
  readonly kind: string
  readonly options: unknown
}

/** @throws MixflowError ARGUMENT_INVALID for an unknown kind or bad options. */
export function buildDenoiser({ kind, options }: NetworkChoice, context: NetworkContext): DenoiserNetwork {
  const known = Object.keys(denoiserKinds) as (keyof typeof denoiserKinds)[]
  return denoiserKinds[checkWord(kind, known, { what: 'kind of denoiser' })](options, context)
}

/** @throws MixflowError ARGUMENT_INVALID for an unknown kind or bad options. */
export function buildEncoder({ kind, options }: NetworkChoice, context: NetworkContext): EncoderNetwork {
  const known = Object.keys(encoderKinds) as (keyof typeof encoderKinds)[]
  return encoderKinds[checkWord(kind, known, { what: 'kind of encoder' })](options, context)
}

/** The networks of a training configuration, and the facts about them that checkpoints and manifests hold. */
export interface ConfiguredNetworks {
  readonly denoiser: DenoiserNetwork
  readonly encoder: EncoderNetwork | null
  /** All parameters, `denoiser.…`, then `encoder.…`. */
  readonly parameters: readonly ParameterSpec[]
  /** null if the configuration uses no labels. */
  readonly labels: Labels | null
  readonly source: SourceFacts | null
}

/** @throws MixflowError ARGUMENT_INVALID for network options that do not fit each other or the image */
export function configuredNetworks(
  config: TrainingConfig,
  data: { readonly image: ImageShape; readonly labels: Labels | null },
): ConfiguredNetworks {
  const labels = config.labels ? data.labels : null
  const facts = config.source && sourceFacts(config.source)
  const context = networkContext({ image: data.image, labels, source: facts })
  const denoiser = buildDenoiser(config.denoiser, context)
  const encoder = config.encoder === null ? null : buildEncoder(config.encoder, context)
  const prefixed = (prefix: string, parameters: readonly ParameterSpec[] = []) =>
    parameters.map(spec => ({ ...spec, name: `${prefix}.${spec.name}` }))
  return {
    denoiser,
    encoder,
    parameters: [...prefixed('denoiser', denoiser.parameters), ...prefixed('encoder', encoder?.parameters)],
    labels,
    source: facts !== null && encoder?.takesLabel ? { ...facts, encoderLabel: true } : facts,
  }
}

function sourceFacts({ weight, detachEncoder, ...facts }: SourceConfig): SourceFacts {
  return facts
}
