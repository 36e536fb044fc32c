/**
 * The coupling of noise and images within a batch. The independent coupling pairs noise i with image i; minibatch optimal
 * transport minimises the sum of squared distances (Tong et al. 2023, Pooladian et al. 2023), a baseline to compare with.
 * A source that is conditioned on the image is already coupled to it, and must not be coupled again.
 */
import { MixflowError } from '../../errors.ts'
import { optimalAssignment } from './assignment.ts'

export const couplings = ['independent', 'optimal-transport'] as const
export type Coupling = (typeof couplings)[number]

/**
 * Returns the `order` that minimises Σ ‖x0[i] − x1[order[i]]‖². `reorder(x1, order)` applies it.
 *
 * @throws MixflowError ARGUMENT_INVALID if x0 or x1 does not hold `images` images, or contains NaN or infinity.
 */
export function optimalCoupling(x0: Float32Array, x1: Float32Array, images: number): Uint32Array {
  return optimalAssignment(couplingCosts(x0, x1, images)).order
}

/** `[N × N]`, row by row: Σ (x0[i] − x1[j])² over the elements of images i and j. */
export function couplingCosts(x0: Float32Array, x1: Float32Array, images: number): Float64Array {
  const elements = x0.length / images
  if (x1.length !== x0.length || !Number.isInteger(elements)) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `x0 (${x0.length} numbers) and x1 (${x1.length} numbers) must hold ${images} images each`,
    )
  }
  const costs = new Float64Array(images * images)
  const at = (j: number) => Math.min(j, images - 1) * elements
  for (let i = 0; i < images; i++) {
    // four columns at a time, so that each row is read only once for them
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

/** Returns the images of x in another order: image i of the result is image `order[i]` of x. */
export function reorder(x: Float32Array, order: ArrayLike<number>): Float32Array {
  const elements = x.length / order.length
  if (!Number.isInteger(elements)) {
    throw new MixflowError('ARGUMENT_INVALID', `${x.length} numbers cannot be ${order.length} images`)
  }
  const out = new Float32Array(x.length)
  for (let i = 0; i < order.length; i++) {
    out.set(x.subarray(order[i]! * elements, (order[i]! + 1) * elements), i * elements)
  }
  return out
}
