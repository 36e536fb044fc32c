/**
 * Arrays that results are written into, reused from run to run. A train step hands over the same shapes each time, so
 * without this every step would allocate (and later collect) a copy of all parameters and optimizer state.
 */

import type { FedArray } from '../graph/value.ts'

type PooledType = 'float32' | 'int32' | 'bool'

const make = {
  float32: (length: number) => new Float32Array(length),
  int32: (length: number) => new Int32Array(length),
  bool: (length: number) => new Uint8Array(length),
} as const satisfies Record<PooledType, (length: number) => FedArray>

/** Small arrays are cheaper to allocate than to keep. */
const smallest = 1024
const sparesPerSize = 4

export class BufferPool {
  readonly #spares = new Map<string, FedArray[]>()

  take(type: PooledType, length: number): FedArray {
    return this.#spares.get(`${type}${length}`)?.pop() ?? make[type](length)
  }

  /** Gives an array back; nobody may use it afterwards. */
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
