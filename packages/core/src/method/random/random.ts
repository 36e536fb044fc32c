/**
 * Counted randomness: every number is a pure function of (seed, stream, image index, element index). Nothing is
 * consumed and no state is kept, so image i of a seed is the same whatever the batch size, the order of the calls, the
 * device or the engine, bit for bit, and a run resumes from its step number alone.
 *
 * One 32-bit word of Threefry4x32-20 makes one number: key = (seed low, seed high, stream, 0), counter =
 * (element div 4, image low, image high, attempt). A normal is the inverse distribution function of the word's
 * midpoint, so |z| ends at 6.34; a word makes one of 2³² values, finer than float32 needs.
 */
import { MixflowError } from '../../errors.ts'
import { checkWord, show } from '../../util/strict.ts'
import { normalQuantile } from './normal-quantile.ts'
import { type Stream, streams } from './streams.ts'
import { threefry } from './threefry.ts'

/** Largest seed and largest image index: 2⁵³ − 1. */
export const maxSeed = Number.MAX_SAFE_INTEGER

/** Whose numbers: an integer seed in 0..2⁵³ − 1 and a purpose. */
export interface RandomKey {
  readonly seed: number
  readonly stream: Stream
}

/** Which numbers: `images` rows of `elementsPerImage`, starting at image `firstImage` of the key's endless sequence. */
export interface DrawShape {
  /** Index of the first image, 0..2⁵³ − 1. Default: 0. */
  readonly firstImage?: number
  readonly images: number
  /** Numbers per image, at most 2³². Default: 1. */
  readonly elementsPerImage?: number
}

/**
 * Standard normal numbers, float32 `[images × elementsPerImage]`, image by image.
 *
 * @param draw.out filled and returned where given; its length must be images × elementsPerImage.
 * @throws MixflowError ARGUMENT_INVALID for a seed, stream, count or length outside its range.
 */
export function normals(draw: RandomKey & DrawShape & { readonly out?: Float32Array }): Float32Array {
  const out = output(draw)
  const words = fillWords(sameMemory(out), draw)
  // (word + ½) / 2³²: the middle of the word's interval, exact in a double, never 0 or 1.
  for (let i = 0; i < out.length; i++) out[i] = normalQuantile((words[i]! + 0.5) / 4294967296)
  return out
}

/** Uniform numbers in [0, 1): multiples of 2⁻²⁴, each a float32 exactly. Otherwise as {@link normals}. */
export function uniforms(draw: RandomKey & DrawShape & { readonly out?: Float32Array }): Float32Array {
  const out = output(draw)
  const words = fillWords(sameMemory(out), draw)
  for (let i = 0; i < out.length; i++) out[i] = (words[i]! >>> 8) / 16777216
  return out
}

/**
 * Integers in 0..below − 1, all exactly equally likely, `[images × elementsPerImage]`.
 *
 * @param draw.below 1..2³².
 */
export function integers(draw: RandomKey & DrawShape & { readonly below: number }): Uint32Array {
  const { below, elementsPerImage = 1, firstImage = 0 } = draw
  checkInteger('below', below, 1, 2 ** 32)
  checkShape(draw)
  const out = fillWords(new Uint32Array(draw.images * elementsPerImage), draw)
  for (let i = 0; i < out.length; i++) {
    const at = { image: firstImage + Math.floor(i / elementsPerImage), element: i % elementsPerImage }
    out[i] = unbiased(out[i]!, below, attempt => word(draw, { ...at, attempt }))
  }
  return out
}

/**
 * A uniformly random order of 0..length − 1 (Fisher and Yates), one for each `index`: with index = epoch, the batches of
 * any epoch are known without having run the ones before.
 *
 * @param draw.index 0..2⁵³ − 1
 * @param draw.length 0..2³²
 */
export function permutation(draw: RandomKey & { readonly index: number; readonly length: number }): Uint32Array {
  const { index, length } = draw
  checkShape({ firstImage: index, images: 1, elementsPerImage: length })
  const words = fillWords(new Uint32Array(length), { ...draw, firstImage: index, images: 1, elementsPerImage: length })
  const order = Uint32Array.from({ length }, (_, i) => i)
  for (let i = length - 1; i > 0; i--) {
    const j = unbiased(words[i]!, i + 1, attempt => word(draw, { image: index, element: i, attempt }))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}

/** The word's remainder, after drawing again while the word lies past the last whole multiple of `below`. */
function unbiased(first: number, below: number, redraw: (attempt: number) => number): number {
  const limit = 4294967296 - (4294967296 % below)
  let value = first
  for (let attempt = 1; value >= limit; attempt++) value = redraw(attempt)
  return value % below
}

/** One word of the sequence, `attempt` counting the redraws of a rejected one. */
function word(
  key: RandomKey,
  at: { readonly image: number; readonly element: number; readonly attempt: number },
): number {
  const block = Math.floor(at.element / 4)
  const counter = [block, at.image, high(at.image), at.attempt]
  return threefry(new Uint32Array(4), { key: keyWords(key), counter })[at.element % 4]!
}

function fillWords(out: Uint32Array, draw: RandomKey & DrawShape): Uint32Array {
  const { firstImage = 0, images, elementsPerImage = 1 } = draw
  const key = keyWords(draw)
  for (let i = 0; i < images; i++) {
    const image = firstImage + i
    const row = out.subarray(i * elementsPerImage, (i + 1) * elementsPerImage)
    threefry(row, { key, counter: [0, image, high(image), 0] })
  }
  return out
}

function keyWords({ seed, stream }: RandomKey): readonly number[] {
  checkInteger('seed', seed, 0, maxSeed)
  return [seed, high(seed), streams[checkWord(stream, Object.keys(streams) as Stream[], { what: 'stream' })], 0]
}

const high = (value: number) => Math.floor(value / 4294967296)

const sameMemory = (out: Float32Array) => new Uint32Array(out.buffer, out.byteOffset, out.length)

function output(draw: DrawShape & { readonly out?: Float32Array }): Float32Array {
  const { images, elementsPerImage = 1, out } = draw
  checkShape(draw)
  const length = images * elementsPerImage
  if (out === undefined) return new Float32Array(length)
  if (out instanceof Float32Array && out.length === length) return out
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `out must be a Float32Array of ${images} × ${elementsPerImage} = ${length} numbers, got ${show(out)}`,
  )
}

function checkShape({ firstImage = 0, images, elementsPerImage = 1 }: DrawShape): void {
  checkInteger('firstImage', firstImage, 0, maxSeed)
  checkInteger('images', images, 0, maxSeed - firstImage)
  checkInteger('elementsPerImage', elementsPerImage, 0, 2 ** 32)
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be an integer in ${least}..${most}, got ${show(value)}`, {
    details: { name, value },
  })
}
