/**
 * Reuses the arrays of results. Without it, every train step would allocate, and later collect, a copy of all parameters and optimizer
 * state.
 */

import type { FedArray } from '../graph/value.ts'

type PooledType = 'float32' | 'int32' | 'bool'

const make = {
  float32: (length: number) => new Float32Array(length),
  int32: (length: number) => new Int32Array(length),
  bool: (length: number) => new Uint8Array(length),
} as const satisfies Record<PooledType, (length: number) => FedArray>

export const newArray = (type: PooledType, length: number): FedArray => make[type](length)

/** Smaller arrays are cheaper to allocate. */
const smallest = 1024
const sparesPerSize = 4

export class BufferPool {
  readonly #spares = new Map<string, FedArray[]>()

  take(type: PooledType, length: number): FedArray {
    return this.#spares.get(`${type}${length}`)?.pop() ?? newArray(type, length)
  }

  /** Returns an array, which must not be used afterwards. */
  give(type: PooledType, array: FedArray): void {
    if (array.length < smallest) return
    const key = `${type}${array.length}`
    const spares = this.#spares.get(key) ?? []
    if (spares.length < sparesPerSize) spares.push(array)
    this.#spares.set(key, spares)
  }

  clear(): void {
    this.#spares.clear()
  }
}
