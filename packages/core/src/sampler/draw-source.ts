/**
 * x0 for given images of a seed, from a source as a model's facts describe it, its encoder being called rather than
 * differentiated: N(0, I) at w = 0, κ-FC at w = 1, the mixture in between. Training writes the same over tensors
 * (source/mixture.ts); sampling, pictures of the source and measurements take it from here.
 */

import { MixflowError } from '../errors.ts'
import { type Algebra, float32Algebra } from '../method/algebra.ts'
import { type DrawShape, normals } from '../method/random/random.ts'
import { drawGaussian } from '../method/source/gaussian.ts'
import type { Kappa } from '../method/source/kappa-fc.ts'
import { mixDistributions, mixSamples } from '../method/source/mixture.ts'
import { given } from '../method/source/source.ts'
import type { SourceFacts } from './model-facts.ts'

/** Outputs of the encoder, named as the model's ports: mean (and logVariance), or x0 before any tanh. */
export interface EncoderOutputs {
  readonly mean?: Float32Array
  readonly logVariance?: Float32Array
  readonly x0?: Float32Array
}

/** What x0 is drawn from. */
export type SourceStream = 'noise' | 'encoderNoise' | 'kappaNoise'

export interface SourceImages extends DrawShape {
  readonly seed: number
  readonly elementsPerImage: number
  /** null: N(0, I), whatever the mixture weight. */
  readonly source: SourceFacts | null
  /** w, 0..1. */
  readonly mixtureWeight: number
  /** Data images, where κ is or contains them. */
  readonly x1?: Float32Array | undefined
  /** Class of each image, where κ is the label or the encoder is told it. */
  readonly label?: Int32Array | undefined
  /** The numbers of each stream, where they are not the seed's own. */
  readonly draw?: ((stream: SourceStream) => Float32Array) | undefined
  /** E(κ); not called at w = 0. */
  readonly encode?: ((kappa: Float32Array | Int32Array, label?: Int32Array) => Promise<EncoderOutputs>) | undefined
}

/**
 * Returns `[images × elementsPerImage]`.
 *
 * @throws MixflowError ARGUMENT_INVALID naming an image or label that κ needs; MODEL_INVALID without an encoder where one
 * is needed.
 */
export async function drawSource(wanted: SourceImages): Promise<Float32Array> {
  const { source, mixtureWeight, seed, firstImage = 0, images, elementsPerImage } = wanted
  const own = (stream: SourceStream) => normals({ seed, stream, firstImage, images, elementsPerImage })
  const { draw = own } = wanted
  const noise = draw('noise')
  if (source === null || mixtureWeight === 0) return noise

  const algebra = float32Algebra({ elementsPerImage })
  const encoded = await encode(wanted, signal(algebra, source.kappa, { ...wanted, noise: () => draw('kappaNoise') }))
  const gaussian = encoded.mean && { mean: encoded.mean, logVariance: encoded.logVariance }
  if (gaussian && source.mixing === 'distribution') {
    return mixDistributions(algebra, { gaussian, mixtureWeight, noise })
  }
  const drawn = gaussian ? drawGaussian(algebra, gaussian, draw('encoderNoise')) : encoded.x0!
  return mixSamples(algebra, { sample: source.tanh ? algebra.tanh(drawn) : drawn, mixtureWeight, noise })
}

type Signals = Pick<SourceImages, 'x1' | 'label'> & { readonly noise: () => Float32Array }

function signal(algebra: Algebra<Float32Array>, kappa: Kappa, { x1, label, noise }: Signals) {
  const image = () => given(x1, 'x1', `κ is ${kappa}`)
  switch (kappa) {
    case 'image':
      return image()
    case 'label':
      return given(label, 'label', 'κ is the label')
    case 'noise':
      return noise()
    case 'image+noise':
      return algebra.join(image(), noise())
  }
}

async function encode(
  { encode, source, label }: SourceImages,
  kappa: Float32Array | Int32Array,
): Promise<EncoderOutputs> {
  const told = source?.encoderLabel === true ? given(label, 'label', 'the encoder is told the class') : undefined
  const outputs = await encode?.(kappa, told)
  if (outputs?.mean !== undefined || outputs?.x0 !== undefined) return outputs
  throw new MixflowError('MODEL_INVALID', 'the model’s source is conditioned, but its encoder is missing', {
    hint: 'export the model again with its encoder, or sample with mixtureWeight: 0',
  })
}
