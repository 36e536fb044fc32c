/**
 * Which noise meets which data image within a batch. By default image i meets noise i; minibatch optimal transport pairs
 * them so that the summed squared distance is least (Tong et al. 2023, Pooladian et al. 2023), a baseline to compare with.
 * Here: the costs, and applying a given pairing. Finding the optimal one is left to the caller.
 */
import { MixflowError } from '../errors.ts'

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
  for (let i = 0; i < images; i++) {
    for (let j = 0; j < images; j++) {
      let sum = 0
      for (let k = 0; k < elements; k++) sum += (x0[i * elements + k]! - x1[j * elements + k]!) ** 2
      costs[i * images + j] = sum
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
