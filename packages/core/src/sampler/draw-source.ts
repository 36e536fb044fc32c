/**
 * x0 of given images of a seed, for a source described by a model's facts: N(0, I) at w = 0, κ-FC at w = 1, the mixture in between.
 * The formulas are those of training (method/source); here the encoder is a function of arrays that may answer later.
 */
import { MixflowError } from '../errors.ts'
import { float32Algebra } from '../method/algebra.ts'
import { type DrawShape, normals } from '../method/random/random.ts'
import { type EncoderOutputs, encoderInput } from '../method/source/kappa-fc.ts'
import { mixSources } from '../method/source/mixture.ts'
import { requireInput } from '../method/source/source.ts'
import type { SourceFacts } from './model-facts.ts'

/** The random streams that x0 is drawn from. */
export type SourceStream = 'noise' | 'encoderNoise' | 'kappaNoise'

/** E(κ). `label` is passed if the encoder takes it as a second input. */
export type CallEncoder = (kappa: Float32Array | Int32Array, label?: Int32Array) => Promise<EncoderOutputs>

export interface SourceImages extends DrawShape {
  readonly seed: number
  readonly elementsPerImage: number
  /** null: N(0, I), whatever the mixture weight. */
  readonly source: SourceFacts | null
  /** w, 0..1. */
  readonly mixtureWeight: number
  /** Data images, if κ is or contains them. */
  readonly x1?: Float32Array | undefined
  /** Class of each image, if κ is the label or the encoder takes it. */
  readonly label?: Int32Array | undefined
  /** Replaces the seed's random numbers of each stream. */
  readonly draw?: ((stream: SourceStream) => Float32Array) | undefined
  /** Not called at w = 0. */
  readonly encode?: CallEncoder | undefined
}

/**
 * Returns x0, `[images × elementsPerImage]`.
 *
 * @throws MixflowError ARGUMENT_INVALID naming an image or label that κ needs; MODEL_INVALID without an encoder where one
 * is needed.
 */
export async function drawSource(input: SourceImages): Promise<Float32Array> {
  const { source, mixtureWeight, elementsPerImage } = input
  const draw = input.draw ?? (stream => normals({ ...input, stream }))
  const noise = draw('noise')
  if (source === null || mixtureWeight === 0) return noise
  const outputs = await encodeSource({ ...input, source, draw })
  const encoderNoise = () => draw('encoderNoise')
  return mixSources(float32Algebra({ elementsPerImage }), { ...source, outputs, mixtureWeight, noise, encoderNoise })
}

interface EncodedSource extends Pick<SourceImages, 'elementsPerImage' | 'x1' | 'label' | 'encode'> {
  readonly source: SourceFacts
  readonly draw: (stream: 'kappaNoise') => Float32Array
}

/** Calls the encoder with κ, and with the label if it takes one. @throws MixflowError as `drawSource` */
export async function encodeSource(input: EncodedSource): Promise<EncoderOutputs> {
  const { source, elementsPerImage, x1, label, encode } = input
  const algebra = float32Algebra({ elementsPerImage })
  const parts = { x1, label, noise: () => input.draw('kappaNoise') }
  const kappa = encoderInput<Float32Array, Int32Array>(algebra, source.kappa, parts)
  const second = source.encoderLabel ? requireInput(label, 'label', 'the encoder takes a label') : undefined
  const outputs = await encode?.(kappa, second)
  if (outputs?.mean !== undefined || outputs?.x0 !== undefined) return outputs
  throw new MixflowError('MODEL_INVALID', 'the model’s source is conditioned, but its encoder is missing', {
    hint: 'export the model again with its encoder, or sample with mixtureWeight: 0',
  })
}
