/** The interface of kernels: recorded tensors in, recorded tensors out. */

import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { OnnxBackendError } from '../errors.ts'
import type { Lazy } from '../lazy.ts'

/** Records a kernel; null if ONNX cannot express it with these attributes, shapes or types. */
export type KernelFunction = (call: Call) => Lazy | Lazy[] | null

/** How tfjs calls a kernel. */
export interface Given {
  readonly inputs: NamedTensorInfoMap
  readonly backend: unknown
  readonly attrs?: NamedAttrMap
}

/** A kernel on tensors; null if it does not support the inputs. */
export type TensorKernel = (given: Given) => TensorInfo | null

/** By tfjs's kernel names. */
export type KernelTable = Readonly<Record<string, KernelFunction>>

export class Call {
  readonly #kernel: string
  readonly #backend: OnnxBackend
  readonly #inputs: NamedTensorInfoMap
  readonly #attributes: NamedAttrMap

  constructor(kernel: string, backend: OnnxBackend, given: { inputs: NamedTensorInfoMap; attrs?: NamedAttrMap }) {
    this.#kernel = kernel
    this.#backend = backend
    this.#inputs = given.inputs
    this.#attributes = given.attrs ?? {}
  }

  input(name: string): Lazy {
    const info = this.#inputs[name]
    if (info === undefined) throw this.refuse(`input "${name}" is missing`)
    return this.#backend.lazy(info)
  }

  optional(name: string): Lazy | null {
    const info = this.#inputs[name]
    return info === undefined || info === null ? null : this.#backend.lazy(info)
  }

  /** All inputs of a kernel with a list of tensors. */
  list(): Lazy[] {
    return Object.values(this.#inputs).map(info => this.#backend.lazy(info as NonNullable<typeof info>))
  }

  /** Channels per block of blocked convolutions; 1 without them. */
  get channelBlock(): number {
    return this.#backend.channelBlock
  }

  attribute<T>(name: string): T {
    return this.#attributes[name] as unknown as T
  }

  refuse(reason: string, hint?: string): OnnxBackendError {
    return new OnnxBackendError(
      'KERNEL_INVALID',
      `kernel ${this.#kernel}: ${reason}`,
      hint === undefined ? {} : { hint },
    )
  }
}
