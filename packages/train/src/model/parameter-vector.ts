/**
 * All parameters as one vector. The optimizer, the moving average and clipping then are a handful of operations on four
 * long arrays instead of thousands on short ones; networks see the named tensors that the vector is split into.
 */

import { MixflowError } from '@mixflow/core'
import { initialValues, type ParameterSpec, type Parameters } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

export class ParameterVector {
  readonly specs: readonly ParameterSpec[]
  readonly length: number
  readonly #sizes: readonly number[]

  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs
    this.#sizes = specs.map(({ shape }) => sizeOf(shape))
    this.length = this.#sizes.reduce((sum, size) => sum + size, 0)
  }

  /** The start of training under a seed. */
  initial(seed: number): Float32Array {
    return this.join(initialValues(this.specs, { seed }))
  }

  /** Named tensors, views as far as gradients are concerned: the gradient of the vector is theirs, joined. */
  split(vector: tf.Tensor): Parameters {
    const parts = tf.split(vector, [...this.#sizes])
    return Object.fromEntries(
      this.specs.map(({ name, shape }, i) => [name, tf.reshape(parts[i] as tf.Tensor, [...shape])]),
    )
  }

  /** @throws MixflowError CHECKPOINT_INVALID naming a parameter that is missing or has another size. */
  join(values: ReadonlyMap<string, Float32Array>): Float32Array {
    const joined = new Float32Array(this.length)
    let at = 0
    this.specs.forEach(({ name, shape }, i) => {
      const part = values.get(name)
      const size = this.#sizes[i] as number
      if (part?.length !== size) {
        throw new MixflowError(
          'CHECKPOINT_INVALID',
          `parameter "${name}" should have ${size} numbers ([${shape}]), found ${part?.length ?? 'none'}`,
          { hint: 'the checkpoint belongs to another network or version', details: { name } },
        )
      }
      joined.set(part, at)
      at += size
    })
    return joined
  }

  /** Named views into the vector's numbers. */
  named(vector: Float32Array): Map<string, { shape: readonly number[]; data: Float32Array }> {
    let at = 0
    return new Map(
      this.specs.map(({ name, shape }, i) => {
        const data = vector.subarray(at, (at += this.#sizes[i] as number))
        return [name, { shape, data }]
      }),
    )
  }
}
