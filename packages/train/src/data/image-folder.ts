/**
 * A folder or `.zip` of pictures as a data set. If every picture is in a sub-folder, the sub-folders of the first level
 * are the classes; folders that all pictures share (as a zip often has) do not count.
 */
import { availableParallelism } from 'node:os'
import { basename, resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from './abort.ts'
import { spreadIndices } from './adapt-dataset.ts'
import { createDataset, type Dataset } from './dataset.ts'
import { checkBackground, type DecodedImage, type DecodeOptions, decodeImage } from './decode-image.ts'
import { type ImageFile, type ImageList, listImages } from './list-images.ts'
import type { OnProgress } from './progress.ts'

export interface BadImage {
  /** Path below the folder or inside the zip. */
  readonly name: string
  readonly reason: string
}

export interface ImageFolderOptions extends DecodeOptions {
  /** At most so many pictures, evenly spaced in the order of their names; null for all. */
  readonly limit: number | null
  /** What a picture that cannot be read does: one `error` that names them all, or `skip`, or a call each and skip. */
  readonly onBadImage: 'error' | 'skip' | ((image: BadImage) => void)
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/** 4 GiB of pixels. */
const maxBytes = 2 ** 32

/**
 * Reads a folder or `.zip` of pictures; three channels.
 *
 * @throws MixflowError DATA_NOT_FOUND if there is no picture; DATA_INVALID if a picture, or the zip, cannot be read;
 * ARGUMENT_INVALID if no size is given and the pictures have different ones
 */
export async function readImageFolder(path: string, options: ImageFolderOptions): Promise<Dataset> {
  checkBackground(options.background)
  const list = await listImages(path, options.signal)
  try {
    if (list.files.length === 0) throw noImages(path, list)
    const files = spreadIndices(list.files.length, options.limit ?? list.files.length).map(i => list.files[i]!)
    return assemble(path, files, await decodeAll(path, files, options))
  } finally {
    list.close()
  }
}

function noImages(path: string, { others }: ImageList): MixflowError {
  const kinds = '.jpg, .png, .webp, .avif, .gif, .tiff'
  return new MixflowError('DATA_NOT_FOUND', `${path} has no images`, {
    hint: `${others === 0 ? 'it is empty' : `it has ${others} other files`}; images end in ${kinds}`,
  })
}

/** Pixels of all files, side by side; nothing of use where a file was not kept. */
interface Decoded {
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
  readonly kept: readonly boolean[]
}

async function decodeAll(path: string, files: readonly ImageFile[], options: ImageFolderOptions): Promise<Decoded> {
  const bad: BadImage[] = []
  const decode = async (file: ImageFile): Promise<DecodedImage | null> => {
    throwIfAborted(options.signal, `reading ${path}`)
    try {
      return await decodeImage(await file.read(), options)
    } catch (error) {
      bad.push({ name: file.name, reason: oneLine(error) })
      return null
    }
  }
  // The first good picture decides the size of the set.
  let start = 0
  let first: DecodedImage | null = null
  while (first === null && start < files.length) first = await decode(files[start++]!)
  const { height, width } = first ?? { height: 1, width: 1 }
  const pixels = allocate(path, files.length, { height, width })
  const kept = files.map(() => false)
  const keep = (n: number, image: DecodedImage) => {
    checkSameSize(files, { n, first: start - 1 }, { image, height, width })
    pixels.set(image.pixels, n * 3 * height * width)
    kept[n] = true
  }
  if (first) keep(start - 1, first)
  let done = start
  await inParallel(files.length - start, async i => {
    const image = await decode(files[start + i]!)
    if (image) keep(start + i, image)
    options.onProgress?.({ phase: 'read', what: path, done: ++done, total: files.length })
  })
  judge(path, { bad, total: files.length }, options.onBadImage)
  return { height, width, pixels, kept }
}

const oneLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()

function allocate(path: string, count: number, { height, width }: { height: number; width: number }): Uint8Array {
  const bytes = count * 3 * height * width
  try {
    if (bytes <= maxBytes) return new Uint8Array(bytes)
  } catch {} // Less than the cap, and still more than this machine has.
  const amount = `${(bytes / 2 ** 30).toFixed(1)} GiB`
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `${count} images of ${width}x${height} from ${path} would take ${amount}`,
    {
      hint: 'images are kept in memory, at most 4 GiB of them: choose a smaller size, or a limit',
    },
  )
}

function checkSameSize(
  files: readonly ImageFile[],
  { n, first }: { n: number; first: number },
  { image, height, width }: { image: DecodedImage; height: number; width: number },
): void {
  if (image.height === height && image.width === width) return
  const named = (i: number, size: { height: number; width: number }) => `${files[i]!.name} ${size.width}x${size.height}`
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `the images have different sizes: ${named(first, { height, width })}, ${named(n, image)}`,
    { hint: 'say which size they should get: --size 64' },
  )
}

function judge(
  path: string,
  { bad, total }: { bad: BadImage[]; total: number },
  onBadImage: ImageFolderOptions['onBadImage'],
): void {
  if (bad.length === 0) return
  bad.sort((a, b) => (a.name < b.name ? -1 : 1))
  if (typeof onBadImage === 'function') for (const image of bad) onBadImage(image)
  if (onBadImage !== 'error' && bad.length < total) return
  const lines = bad.slice(0, 10).map(({ name, reason }) => `${name}: ${reason}`)
  if (bad.length > lines.length) lines.push(`and ${bad.length - lines.length} more`)
  throw new MixflowError('DATA_INVALID', `${bad.length} of ${total} images in ${path} could not be read`, {
    hint: `${lines.join('\n')}\nremove or repair them (a program can leave them out: onBadImage "skip")`,
    details: { bad },
  })
}

function assemble(path: string, files: readonly ImageFile[], { height, width, pixels, kept }: Decoded): Dataset {
  const size = 3 * height * width
  const good = files.filter((_, n) => kept[n])
  let at = 0
  kept.forEach((keep, n) => {
    if (keep) pixels.copyWithin(size * at++, size * n, size * (n + 1))
  })
  return createDataset({
    name: basename(resolve(path)),
    split: 'train',
    channels: 3,
    height,
    width,
    images: pixels.subarray(0, at * size),
    ...classesOf(good.map(file => file.name)),
    licence: null,
    attribution: null,
  })
}

/** Labels and class names of picture paths; exported for its test. */
export function classesOf(names: readonly string[]): { labels: Int32Array | null; classNames: string[] | null } {
  let paths = names.map(name => name.split('/'))
  while (paths.every(path => path.length > 1 && path[0] === paths[0]![0])) paths = paths.map(path => path.slice(1))
  if (paths.some(path => path.length === 1)) return { labels: null, classNames: null }
  const classNames = [...new Set(paths.map(path => path[0]!))].sort()
  return { labels: Int32Array.from(paths, path => classNames.indexOf(path[0]!)), classNames }
}

/** Runs task(0) .. task(count - 1), a few at a time. After a failure no new ones; waits for those under way. */
async function inParallel(count: number, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    try {
      while (next < count) await task(next++)
    } catch (error) {
      next = count
      throw error
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(count, availableParallelism() + 1) }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
}
