/**
 * Which noise meets which data image within a batch. By default image i meets noise i; minibatch optimal transport pairs
 * them so that the summed squared distance is least (Tong et al. 2023, Pooladian et al. 2023), a baseline to compare with.
 * Data that already belong to their noise (a source that looked at the image) must not be paired anew.
 */
import { MixflowError } from '../errors.ts'
import { optimalAssignment } from './assignment.ts'

export const pairings = ['independent', 'optimal-transport'] as const
export type Pairing = (typeof pairings)[number]

/**
 * Which data image each noise gets so that Σ ‖x0[i] − x1[order[i]]‖² is least: `reorder(x1, order)` applies it.
 *
 * @throws MixflowError ARGUMENT_INVALID where the two are no `images` images each, or hold what is no finite number.
 */
export function optimalPairing(x0: Float32Array, x1: Float32Array, images: number): Uint32Array {
  return optimalAssignment(pairingCosts(x0, x1, images)).order
}

/** `[N × N]`, row by row: Σ (x0[i] − x1[j])² over the elements of images i and j. */
export function pairingCosts(x0: Float32Array, x1: Float32Array, images: number): Float64Array {
  const elements = x0.length / images
  if (x1.length !== x0.length || !Number.isInteger(elements)) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `x0 (${x0.length} numbers) and x1 (${x1.length}) are no ${images} images each`,
    )
  }
  const costs = new Float64Array(images * images)
  const at = (j: number) => Math.min(j, images - 1) * elements
  for (let i = 0; i < images; i++) {
    // four columns at a time, so that a row is read once for all of them
    for (let j = 0; j < images; j += 4) {
      const [first, second, third, fourth] = [at(j), at(j + 1), at(j + 2), at(j + 3)]
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let k = 0; k < elements; k++) {
        const x = x0[i * elements + k]!
        a += (x - x1[first + k]!) ** 2
        b += (x - x1[second + k]!) ** 2
        c += (x - x1[third + k]!) ** 2
        d += (x - x1[fourth + k]!) ** 2
      }
      costs.set([a, b, c, d].slice(0, images - j), i * images + j)
    }
  }
  return costs
}

/**
 * The images in another order: image i of the result is image order[i] of x. To apply a pairing, reorder the data
 * (and its labels): noise i then meets image order[i].
 */
export function reorder(x: Float32Array, order: ArrayLike<number>): Float32Array {
  const elements = x.length / order.length
  if (!Number.isInteger(elements)) {
    throw new MixflowError('ARGUMENT_INVALID', `${x.length} numbers are no ${order.length} images`)
  }
  const out = new Float32Array(x.length)
  for (let i = 0; i < order.length; i++) {
    out.set(x.subarray(order[i]! * elements, (order[i]! + 1) * elements), i * elements)
  }
  return out
}
