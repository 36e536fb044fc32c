/**
 * Reads a folder or `.zip` of images as a data set: lists the files, detects the layout and decodes every image into memory.
 * `Dataset.files` reports what was left out.
 */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { spreadIndices } from './adapt-dataset.ts'
import { type BadImage, type BadImageOptions, checkBadImages } from './bad-images.ts'
import { filesReport } from './data-report.ts'
import { createDataset, type Dataset, type ImageSize, type Split } from './dataset.ts'
import { checkBackground, type DecodedImage, type DecodeOptions, decodeImage, type ImageFacts } from './decode-image.ts'
import { readableFormats } from './image-format.ts'
import { findLayout } from './layout/find-layout.ts'
import type { DataFile, FileList, LeftOut } from './list-files.ts'
import { listFolder, listZip } from './list-files.ts'
import type { OnProgress } from './tasks.ts'
import { inParallel, memoryBudget, throwIfAborted } from './tasks.ts'

export interface ImageFolderOptions extends DecodeOptions, BadImageOptions {
  /** The part to read, if the set has parts such as folders `train/` and `test/`. */
  readonly split: Split
  /** Maximum number of images, evenly spaced in the order of their names. null: all. */
  readonly limit: number | null
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/** Pixels in memory: 4 GiB. */
const maxBytes = 2 ** 32

/** Largest image file: 256 MiB. */
const maxFileBytes = 2 ** 28
const reading = memoryBudget(2 ** 27)

/**
 * Reads a folder or `.zip` of images; three channels.
 *
 * @throws MixflowError DATA_NOT_FOUND if there is no image; DATA_INVALID if an image, or the zip, cannot be read, or the
 * layout is unclear; ARGUMENT_INVALID if no size is given and the images have different ones, or there is no such part
 */
export async function readImageFolder(path: string, options: ImageFolderOptions): Promise<Dataset> {
  checkBackground(options.background)
  const list = (await stat(path)).isDirectory() ? await listFolder(path, options.signal) : await listZip(path)
  try {
    return await readImages(path, list, options)
  } finally {
    await list.close()
  }
}

async function readImages(path: string, list: FileList, options: ImageFolderOptions): Promise<Dataset> {
  const layout = await findLayout(list, { path, split: options.split })
  const all = layout.images
  if (all.length === 0) throw noImages(path, layout.leftOut)
  const images = spreadIndices(all.length, options.limit ?? all.length).map(i => all[i]!)
  const files = images.map(image => image.file)
  const decoded = await decodeAll(path, files, options)
  const { height, width } = decoded
  const limited = all.length - images.length
  const limitNotes = limited > 0 ? [`limit ${options.limit}: ${limited} more images were not read`] : []
  return createDataset({
    ...{ name: basename(resolve(path)), split: options.split, channels: 3, height, width },
    images: packed(decoded),
    labels:
      layout.classNames &&
      Int32Array.from(
        images.filter((_, n) => decoded.facts[n]),
        image => image.label!,
      ),
    ...{ classNames: layout.classNames, licence: null, attribution: null },
    files: filesReport({
      ...{ path, layout: layout.name, size: options.size, leftOut: layout.leftOut, bad: decoded.bad },
      images: decoded.facts.filter(facts => facts !== null),
      notes: [...layout.notes, ...limitNotes],
    }),
  })
}

function noImages(path: string, leftOut: readonly LeftOut[]): MixflowError {
  const found = leftOut.map(({ reason, names }) => `${names.length} ${reason} (${names.slice(0, 3).join(', ')})`)
  const isTable = leftOut.some(({ names }) => names.some(name => /\.(parquet|arrow|tar)$/.test(name)))
  const advice = isTable ? '; extract the images of .parquet, .arrow and .tar into files' : ''
  return new MixflowError('DATA_NOT_FOUND', `${path} has no readable images`, {
    hint: `${found.length === 0 ? 'it is empty' : `it has ${found.join(', ')}`}; readable formats: ${readableFormats.join(', ')}${advice}`,
    details: { leftOut },
  })
}

/** Pixels of all files in order; undefined for bad files. */
interface Decoded {
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
  /** Per file; null for a bad one. */
  readonly facts: readonly (ImageFacts | null)[]
  readonly bad: readonly BadImage[]
}

async function decodeAll(path: string, files: readonly DataFile[], options: ImageFolderOptions): Promise<Decoded> {
  const bad: BadImage[] = []
  const decode = async (file: DataFile): Promise<DecodedImage | null> => {
    throwIfAborted(options.signal, `reading ${path}`)
    try {
      return await readImage(file, options)
    } catch (error) {
      bad.push({ name: file.name, reason: oneLine(error) })
      return null
    }
  }
  // the first good image sets the size of all
  let start = 0
  let first: DecodedImage | null = null
  while (first === null && start < files.length) first = await decode(files[start++]!)
  const { height, width } = first ?? { height: 1, width: 1 }
  const pixels = allocate(path, files.length, { height, width })
  const facts: (ImageFacts | null)[] = files.map(() => null)
  const named = (n: number, size: ImageSize) => `${files[n]!.name} ${size.width}x${size.height}`
  const keep = (n: number, image: DecodedImage) => {
    if (image.height !== height || image.width !== width) {
      const message = `the images have different sizes: ${named(start - 1, { height, width })}, ${named(n, image)}`
      throw new MixflowError('ARGUMENT_INVALID', message, { hint: 'choose a size for all: --size 64' })
    }
    pixels.set(image.pixels, n * 3 * height * width)
    facts[n] = image.file
  }
  if (first) keep(start - 1, first)
  let done = start
  await inParallel(files.length - start, async i => {
    const image = await decode(files[start + i]!)
    if (image) keep(start + i, image)
    options.onProgress?.({ phase: 'read', what: path, done: ++done, total: files.length })
  })
  checkBadImages(bad, { path, total: files.length, ...options })
  return { height, width, pixels, facts, bad }
}

/** Small files are read concurrently, files above 16 MiB one at a time. */
function readImage(file: DataFile, options: DecodeOptions): Promise<DecodedImage> {
  if (file.bytes > maxFileBytes)
    throw new Error(`the file has ${file.bytes} bytes, more than the limit of ${maxFileBytes}`)
  const needed = file.bytes > 2 ** 24 ? reading.bytes : file.bytes
  return reading.run(needed, async () => decodeImage(await file.read(), options))
}

const oneLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/[:\s]+$/, '')

function allocate(path: string, count: number, { height, width }: ImageSize): Uint8Array {
  const bytes = count * 3 * height * width
  try {
    if (bytes <= maxBytes) return new Uint8Array(bytes)
  } catch {} // out of memory
  const message = `${count} images of ${width}x${height} from ${path} would take ${(bytes / 2 ** 30).toFixed(1)} GiB`
  const hint = 'images are held in memory, at most 4 GiB: choose a smaller size or a limit'
  throw new MixflowError('ARGUMENT_INVALID', message, { hint })
}

/** The pixels of the good images, compacted in place. */
function packed({ height, width, pixels, facts }: Decoded): Uint8Array {
  const size = 3 * height * width
  let at = 0
  facts.forEach((kept, n) => {
    if (kept) pixels.copyWithin(size * at++, size * n, size * (n + 1))
  })
  return pixels.subarray(0, at * size)
}
