/**
 * A source of every kind, and the encoder that the models of the conformance suite have, as a function of arrays: whoever makes such a
 * model as ONNX or analytically writes the same formulas.
 *
 *   κ = label   mean sin(1.7 k + 3), log-variance sin(1.7 k + 4) − 2, with k = label · elements + element
 *   otherwise   mean tanh(image + 0.1 · label), log-variance −|noise|, both of κ itself if it has one part
 */
import { float32Algebra } from '../../method/algebra.ts'
import { type EncoderOutputs, type Kappa, needsLabels } from '../../method/source/kappa-fc.ts'
import type { CallEncoder } from '../../sampler/draw-source.ts'
import { elementsOf, type ImageShape, type SourceFacts } from '../../sampler/model-facts.ts'

const source = (kappa: Kappa, facts: Partial<SourceFacts> = {}): SourceFacts => ({
  ...{ kappa, gaussian: 'mean-variance', mixing: 'distribution', tanh: false, conditionOnWeight: false, klWeight: 0 },
  ...facts,
})

/** Each κ with both ways of mixing; all kinds of Gaussian; encoders with and without a label. */
export const conformanceSources: readonly SourceFacts[] = [
  source('image', { encoderLabel: true, conditionOnWeight: true }),
  source('image', { gaussian: 'mean', mixing: 'sample' }),
  source('label'),
  source('label', { gaussian: 'off', mixing: 'sample', tanh: true }),
  source('noise', { gaussian: 'mean' }),
  source('noise', { mixing: 'sample' }),
  source('image+noise'),
  source('image+noise', { gaussian: 'off', mixing: 'sample', encoderLabel: true }),
]

/** For test names: `κ = image, mean, sample mixing`. */
export const sourceName = (facts: SourceFacts): string =>
  [
    `κ = ${facts.kappa}`,
    ...(facts.encoderLabel ? ['encoder with label'] : []),
    `gaussian ${facts.gaussian}`,
    `${facts.mixing} mixing`,
  ].join(', ')

/** The smallest number of classes that tells labels apart, or null if the source needs none. */
export const classesOf = (facts: SourceFacts): number | null => (needsLabels(facts) ? 3 : null)

/**
 * A small encoder for a source, written as plain arithmetic: models under test contain the same formulas as a graph.
 *
 * @param image shape of the model's images
 */
export function referenceEncoder(facts: SourceFacts, image: ImageShape): CallEncoder {
  const size = elementsOf(image)
  const table = (labels: Int32Array, phase: number) =>
    Float32Array.from({ length: labels.length * size }, (_, i) =>
      Math.sin(1.7 * (labels[Math.floor(i / size)]! * size + (i % size)) + phase),
    )
  return async (kappa, label): Promise<EncoderOutputs> => {
    const { mean, logVariance } =
      kappa instanceof Int32Array
        ? { mean: table(kappa, 3), logVariance: table(kappa, 4).map(value => value - 2) }
        : ofNumbers(facts, kappa, { size, label })
    if (facts.gaussian === 'off') return { x0: mean }
    return facts.gaussian === 'mean' ? { mean } : { mean, logVariance }
  }
}

function ofNumbers(
  { kappa }: SourceFacts,
  input: Float32Array,
  { size, label }: { readonly size: number; readonly label: Int32Array | undefined },
) {
  const { first, second } =
    kappa === 'image+noise' ? float32Algebra({ elementsPerImage: size }).halves(input) : { first: input, second: input }
  return {
    mean: first.map((value, i) => Math.tanh(value + 0.1 * (label?.[Math.floor(i / size)] ?? 0))),
    logVariance: second.map(value => -Math.abs(value)),
  }
}
