/**
 * Features of images, by any ONNX network: measures are only as good as what they look at, and their numbers only compare
 * where the network and every step before it are the same. So an extractor is a network with a description of those steps.
 *
 * Images become bytes first, as they would in a file: what a person or a data set would see is what is measured.
 */
import { type ByteRounding, checkKeys, checkWord, MixflowError, toBytes } from '@mixflow/core'
import { type OpenModel, openModel } from '@mixflow/tfjs-onnx'

export interface ExtractorDescription {
  /** Part of each measure's name: `FD-<name>`. */
  readonly name: string
  /** sha256 of the network's file, which statistics are kept under. */
  readonly sha256: string
  /** The network's input, float32 [N, channels, height, width]. */
  readonly input: string
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  /** What the bytes 0 and 255 become. */
  readonly range: readonly [number, number]
  /** How numbers become bytes; `truncate` repeats published values. */
  readonly rounding: ByteRounding
  /** Output with the features, float32 [N, dimensions]. */
  readonly features: string
  readonly dimensions: number
  /** Output with class logits, float32 [N, classes], where there is one. */
  readonly logits: { readonly name: string; readonly classes: number } | null
}

export interface Extracted {
  /** float32 [n × dimensions] */
  readonly features: Float32Array
  /** float32 [n × classes] */
  readonly logits: Float32Array | null
}

export interface Extractor {
  readonly description: ExtractorDescription
  /**
   * @param images float32 NCHW in [-1, 1] of the description's size, any number.
   * @throws MixflowError ARGUMENT_INVALID for what are no such images
   */
  extract(images: Float32Array): Promise<Extracted>
  dispose(): Promise<void>
}

/** Images for which the network is run at once. */
const batchSize = 100

const keys = [
  ...[
    'name',
    'sha256',
    'input',
    'channels',
    'height',
    'width',
    'range',
    'rounding',
    'features',
    'dimensions',
    'logits',
  ],
]

/**
 * @param bytes the ONNX network
 * @throws MixflowError ARGUMENT_INVALID for an incomplete description, or one that the network does not fit;
 *   OnnxBackendError where ONNX Runtime does not take the network.
 */
export async function openExtractor(
  bytes: Uint8Array,
  description: ExtractorDescription,
  { threads }: { readonly threads?: number } = {},
): Promise<Extractor> {
  checkKeys(description as unknown, keys, { what: 'the extractor’s description', required: keys })
  checkWord(description.rounding, ['round', 'truncate'], { what: 'rounding' })
  const model = await openModel(bytes, threads === undefined ? {} : { threads })
  try {
    checkPorts(model, description)
  } catch (error) {
    await model.dispose()
    throw error
  }
  const { channels, height, width, dimensions, logits } = description
  const elements = channels * height * width
  return {
    description,
    async extract(images) {
      const count = images.length / elements
      if (!Number.isInteger(count)) {
        throw new MixflowError(
          'ARGUMENT_INVALID',
          `${images.length} numbers are no images of ${channels} × ${height} × ${width}, which ${description.name} takes`,
        )
      }
      const features = new Float32Array(count * dimensions)
      const classes = logits === null ? null : new Float32Array(count * logits.classes)
      for (let from = 0; from < count; from += batchSize) {
        const data = prepared(images.subarray(from * elements, (from + batchSize) * elements), description)
        const dims = [data.length / elements, channels, height, width]
        const outputs = await model.run({ [description.input]: { type: 'float32', data, dims } })
        features.set(outputs[description.features]?.data as Float32Array, from * dimensions)
        if (logits !== null) classes?.set(outputs[logits.name]?.data as Float32Array, from * logits.classes)
      }
      return { features, logits: classes }
    },
    dispose: () => model.dispose(),
  }
}

function prepared(images: Float32Array, { range: [low, high], rounding }: ExtractorDescription): Float32Array {
  return Float32Array.from(toBytes(images, rounding), byte => low + (high - low) * (byte / 255))
}

function checkPorts({ inputs, outputs }: OpenModel, { name, input, features, logits }: ExtractorDescription): void {
  const missing = [
    ...(inputs.some(port => port.name === input) ? [] : [`input "${input}"`]),
    ...[features, ...(logits === null ? [] : [logits.name])]
      .filter(wanted => !outputs.some(port => port.name === wanted))
      .map(wanted => `output "${wanted}"`),
  ]
  if (missing.length === 0) return
  throw new MixflowError('ARGUMENT_INVALID', `the network of ${name} has no ${missing.join(', no ')}`, {
    hint: `it has the inputs ${inputs.map(port => port.name).join(', ')} and the outputs ${outputs.map(port => port.name).join(', ')}`,
  })
}
