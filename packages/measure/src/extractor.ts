/**
 * Features of images from an ONNX network. Measures can only be compared if both the network and its preprocessing are the same,
 * so an extractor is a network with a description of its preprocessing.
 *
 * Images are first rounded to bytes, as in a file. Then they are resized (resize.ts) and scaled to the network's range; grey
 * images are repeated for networks with three channels.
 */
import { type ByteRounding, MixflowError, toBytes } from '@mixflow/core'
import { checkKeys, checkWord } from '@mixflow/core/internal'
import { type OpenModel, openModel } from '@mixflow/tfjs-onnx'
import { type ImageSize, type Resize, resized, resizes } from './resize.ts'

export interface ExtractorDescription {
  /** Part of the names of measures, `FD-<name>`. `Inception` is reserved for the network and preprocessing of the FID. */
  readonly name: string
  /** SHA-256 of the network's file; a key of cached statistics. */
  readonly sha256: string
  /** Name of the input, float32 [N, channels, height, width]. */
  readonly input: string
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  /** Input values of the bytes 0 and 255. */
  readonly range: readonly [number, number]
  /** How images of another size are resized. */
  readonly resize: Resize
  /** How values become bytes; `truncate` reproduces published results. */
  readonly rounding: ByteRounding
  /** Name of the output with the features, float32 [N, dimensions]. */
  readonly features: string
  readonly dimensions: number
  /** The output with class logits, float32 [N, classes]; null if there is none. */
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
   * @param images float32 NCHW in [-1, 1], any number of images
   * @param size of the images. Default: the size of the network's input
   * @throws MixflowError ARGUMENT_INVALID for an invalid length, or a size that cannot be resized
   */
  extract(images: Float32Array, size?: ImageSize): Promise<Extracted>
  dispose(): Promise<void>
}

/** Images per evaluation of the network. */
const batchSize = 100

const keys = [
  ...['name', 'sha256', 'input', 'channels', 'height', 'width', 'range'],
  ...['resize', 'rounding', 'features', 'dimensions', 'logits'],
]

/**
 * Opens an extractor.
 *
 * @param bytes the ONNX network
 * @throws MixflowError ARGUMENT_INVALID for an incomplete description, or one that does not fit the network; OnnxBackendError if
 *   ONNX Runtime refuses the network
 */
export async function openExtractor(
  bytes: Uint8Array,
  description: ExtractorDescription,
  { threads }: { readonly threads?: number } = {},
): Promise<Extractor> {
  checkKeys(description as unknown, keys, { what: 'the extractor’s description', required: keys })
  checkWord(description.rounding, ['round', 'truncate'], { what: 'rounding' })
  checkWord(description.resize, resizes, { what: 'resize' })
  checkName(description)
  const model = await openModel(bytes, threads === undefined ? {} : { threads })
  try {
    checkPorts(model, description)
  } catch (error) {
    await model.dispose()
    throw error
  }
  const { channels, height, width, dimensions, logits } = description
  return {
    description,
    async extract(images, size = { channels, height, width }) {
      checkSize(size, description)
      const elements = size.channels * size.height * size.width
      const count = images.length / elements
      if (!Number.isInteger(count)) {
        const message = `${images.length} values are not a whole number of ${shapeOf(size)} images`
        throw new MixflowError('ARGUMENT_INVALID', message)
      }
      const features = new Float32Array(count * dimensions)
      const classes = logits === null ? null : new Float32Array(count * logits.classes)
      for (let from = 0; from < count; from += batchSize) {
        const batch = images.subarray(from * elements, (from + batchSize) * elements)
        const data = preprocess(batch, size, description)
        const dims = [batch.length / elements, channels, height, width]
        const outputs = await model.run({ [description.input]: { type: 'float32', data, dims } })
        features.set(outputs[description.features]?.data as Float32Array, from * dimensions)
        if (logits !== null) classes?.set(outputs[logits.name]?.data as Float32Array, from * logits.classes)
      }
      return { features, logits: classes }
    },
    dispose: () => model.dispose(),
  }
}

function preprocess(images: Float32Array, size: ImageSize, to: ExtractorDescription): Float32Array {
  const [low, high] = to.range
  return resized(toBytes(images, to.rounding), size, to).map(value => low + (high - low) * (value / 255))
}

const shapeOf = ({ channels, height, width }: ImageSize) => `${channels} × ${height} × ${width}`

/** @throws MixflowError ARGUMENT_INVALID for a size that an extractor does not accept */
export function checkSize(size: ImageSize, { name, channels, height, width, resize }: ExtractorDescription): void {
  const message = `the images are ${shapeOf(size)}, but ${name} expects ${shapeOf({ channels, height, width })}`
  const details = { size, extractor: { name, channels, height, width, resize } }
  const refuse = (hint: string) => new MixflowError('ARGUMENT_INVALID', message, { hint, details })
  if (size.channels !== channels && size.channels !== 1) throw refuse('use an extractor for colour images')
  const fits = size.height === height && size.width === width
  if (!fits && resize === 'none') throw refuse('set resize to "pad" or "tensorflow-bilinear"')
  if (resize === 'pad' && (size.height > height || size.width > width)) {
    throw refuse('set resize to "tensorflow-bilinear": padding cannot make images smaller')
  }
}

/** The FID is defined by one network and one preprocessing. */
function checkName({ name, channels, height, width, resize, dimensions }: ExtractorDescription): void {
  if (name !== 'Inception') return
  const found = { channels, height, width, resize, dimensions }
  const expected = { channels: 3, height: 299, width: 299, resize: 'tensorflow-bilinear', dimensions: 2048 }
  for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
    if (found[key] === expected[key]) continue
    const message = `the extractor Inception has ${key} ${found[key]}, not ${expected[key]}`
    const hint = 'give it another name: with this preprocessing its distance is not the FID'
    throw new MixflowError('ARGUMENT_INVALID', message, { hint, details: { found, expected } })
  }
}

function checkPorts({ inputs, outputs }: OpenModel, { name, input, features, logits }: ExtractorDescription): void {
  const missing = [
    ...(inputs.some(port => port.name === input) ? [] : [`input "${input}"`]),
    ...[features, ...(logits === null ? [] : [logits.name])]
      .filter(output => !outputs.some(port => port.name === output))
      .map(output => `output "${output}"`),
  ]
  if (missing.length === 0) return
  throw new MixflowError('ARGUMENT_INVALID', `the network of ${name} has no ${missing.join(', no ')}`, {
    hint: `it has the inputs ${inputs.map(port => port.name).join(', ')} and the outputs ${outputs.map(port => port.name).join(', ')}`,
  })
}
