/**
 * Dropout masks. Instead of one random number per value, the gaps between dropped values are drawn, which follow a
 * geometric distribution: a rate of 0.1 needs a tenth of the random numbers. As with all counter-based randomness here, the
 * mask of image i depends on seed, i and rate only.
 *
 * Source: the gap method, Vitter 1984 ("skipping"), with powers by repeated products, which every engine rounds alike.
 */
import { MixflowError } from '../../errors.ts'
import { type DrawShape, type RandomKey, uniforms } from './random.ts'

/**
 * Returns 1 where a value is kept and 0 where it is dropped, `[images × elementsPerImage]`, image by image.
 *
 * @param draw.rate probability that a value is dropped, to within 2⁻²⁴: 0, or 0.001..0.999
 * @throws MixflowError ARGUMENT_INVALID for a rate, seed or count outside its range
 */
export function dropoutMask(draw: RandomKey & DrawShape & { readonly rate: number }): Uint8Array {
  const { rate, images, firstImage = 0, elementsPerImage = 1 } = draw
  if (!(rate === 0 || (rate >= 0.001 && rate <= 0.999))) {
    throw new MixflowError('ARGUMENT_INVALID', `rate must be 0 or a probability in 0.001..0.999, got ${rate}`)
  }
  const mask = new Uint8Array(images * elementsPerImage).fill(1)
  if (rate === 0) return mask
  const gapOf = gaps(rate)
  for (let i = 0; i < images; i++) {
    const row = mask.subarray(i * elementsPerImage, (i + 1) * elementsPerImage)
    dropFrom(
      row,
      gapOf,
      count => uniforms({ ...draw, firstImage: firstImage + i, images: 1, elementsPerImage: count }),
      rate,
    )
  }
  return mask
}

/** Drops values of a row, gap by gap. A longer draw starts with the shorter one, so drawing again continues it. */
function dropFrom(
  row: Uint8Array,
  gapOf: (u: number) => number,
  draw: (count: number) => Float32Array,
  rate: number,
): void {
  const mean = row.length * rate
  let numbers = draw(Math.ceil(mean + 6 * Math.sqrt(mean) + 8))
  let next = 0
  for (let i = gapOf(numbers[next++]!); i < row.length; i += 1 + gapOf(numbers[next++]!)) {
    row[i] = 0
    if (next === numbers.length) numbers = draw(2 * numbers.length)
  }
}

const buckets = 1024

/**
 * Maps a uniform number u to the number of values kept before the next dropped one: the count of k ≥ 1 with
 * u < (1 − rate)^k. A table gives the first k to test for each bucket of u.
 */
function gaps(rate: number): (u: number) => number {
  const powers = [1]
  // no u but 0 is below 2⁻²⁴
  while (powers.at(-1)! > 2 ** -24) powers.push(powers.at(-1)! * (1 - rate))
  const last = powers.length - 1
  const start = new Uint32Array(buckets)
  for (let i = buckets - 1, gap = 0; i >= 0; i--) {
    while (gap < last && powers[gap + 1]! >= (i + 1) / buckets) gap++
    start[i] = gap
  }
  return u => {
    let gap = start[Math.floor(u * buckets)]!
    while (gap < last && u < powers[gap + 1]!) gap++
    return gap
  }
}
