/** The networks by kind, as presets and checkpoints name them. */

import { checkWord } from '@mixflow/core/internal'
import { diffusersUnet } from './diffusers-unet/diffusers-unet.ts'
import type { DenoiserNetwork, EncoderNetwork } from './network.ts'
import { songUnet } from './song-unet/song-unet.ts'
import { unet, unetEncoder } from './unet.ts'
import type { NetworkContext } from './unet-options.ts'

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
