/**
 * Features of images, by any ONNX network: measures are only as good as what they look at, and their numbers only compare
 * where the network and every step before it are the same. So an extractor is a network with a description of those steps.
 *
 * Images become bytes first, as they would in a file: what a person or a data set would see is what is measured. Then they
 * are brought to the network's size (resize.ts) and range; grey ones are repeated for networks of three channels.
 */
import { type ByteRounding, MixflowError, toBytes } from '@mixflow/core'
import { checkKeys, checkWord } from '@mixflow/core/internal'
import { type OpenModel, openModel } from '@mixflow/tfjs-onnx'
import { type ImageSize, type Resize, resized, resizes } from './resize.ts'

export interface ExtractorDescription {
  /** Part of each measure's name: `FD-<name>`. `Inception` is kept for the network and the steps of the FID. */
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
  /** How images of another size become the network's. */
  readonly resize: Resize
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
   * @param images float32 NCHW in [-1, 1], any number
   * @param size theirs; the network's own unless said
   * @throws MixflowError ARGUMENT_INVALID for what are no such images, or a size that does not become the network's
   */
  extract(images: Float32Array, size?: ImageSize): Promise<Extracted>
  dispose(): Promise<void>
}

/** Images for which the network is run at once. */
const batchSize = 100

const keys = [
  'name',
  'sha256',
  'input',
  'channels',
  'height',
  'width',
  'range',
  'resize',
  'rounding',
  'features',
  'dimensions',
  'logits',
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
        throw new MixflowError(
          'ARGUMENT_INVALID',
          `${images.length} numbers are no images of ${shapeOf(size)}, which ${description.name} was told to take`,
        )
      }
      const features = new Float32Array(count * dimensions)
      const classes = logits === null ? null : new Float32Array(count * logits.classes)
      for (let from = 0; from < count; from += batchSize) {
        const batch = images.subarray(from * elements, (from + batchSize) * elements)
        const data = prepared(batch, size, description)
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

function prepared(images: Float32Array, size: ImageSize, to: ExtractorDescription): Float32Array {
  const [low, high] = to.range
  return resized(toBytes(images, to.rounding), size, to).map(value => low + (high - low) * (value / 255))
}

const shapeOf = ({ channels, height, width }: ImageSize) => `${channels} × ${height} × ${width}`

/** @throws MixflowError ARGUMENT_INVALID for images that an extractor does not take, saying what would help */
export function checkSize(size: ImageSize, { name, channels, height, width, resize }: ExtractorDescription): void {
  const refuse = (hint: string) =>
    new MixflowError(
      'ARGUMENT_INVALID',
      `images are ${shapeOf(size)}, and ${name} takes ${shapeOf({ channels, height, width })}`,
      {
        hint,
        details: { size, extractor: { name, channels, height, width, resize } },
      },
    )
  if (size.channels !== channels && size.channels !== 1) {
    throw refuse('its features are of grey images: use another extractor')
  }
  const fits = size.height === height && size.width === width
  if (!fits && resize === 'none') throw refuse('choose how they become its size: resize "pad" or "tensorflow-bilinear"')
  if (resize === 'pad' && (size.height > height || size.width > width)) {
    throw refuse('they cannot be padded to a smaller size: resize "tensorflow-bilinear"')
  }
}

/** The number that is called FID comes of one network and one way to get there. */
function checkName({ name, channels, height, width, resize, dimensions }: ExtractorDescription): void {
  if (name !== 'Inception') return
  const found = { channels, height, width, resize, dimensions }
  const wanted = { channels: 3, height: 299, width: 299, resize: 'tensorflow-bilinear', dimensions: 2048 }
  const off = Object.entries(wanted).find(([key, value]) => found[key as keyof typeof found] !== value)
  if (off === undefined) return
  const [key, value] = off
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `the extractor Inception has ${key} ${found[key as keyof typeof found]}, not ${value}`,
    {
      hint: 'with these steps it is not the FID: give it another name, which its distances are then called by',
      details: { found, wanted },
    },
  )
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
