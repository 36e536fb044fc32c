/** What a kernel gets and gives: handles with shapes and types, on one backend. */

import { backend_util, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Numbers, NumericType, TorchBackend } from '../backend.ts'
import { TorchBackendError } from '../errors.ts'
import type { Handle, ScalarType } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'

/** Computes a kernel; null: not with these attributes, shapes or types, which the cpu backend of tfjs then computes. */
export type KernelFunction = (call: Call) => Numbers | Numbers[] | null

export type KernelTable = Readonly<Record<string, KernelFunction>>

/** How tfjs calls a kernel. */
export interface KernelInput {
  readonly inputs: NamedTensorInfoMap
  readonly backend: unknown
  readonly attrs?: NamedAttrMap
}

export class Call {
  readonly torch: Torch
  readonly #kernel: string
  readonly #backend: TorchBackend
  readonly #inputs: NamedTensorInfoMap
  readonly #attributes: NamedAttrMap

  constructor(kernel: string, { inputs, backend, attrs }: KernelInput) {
    this.#kernel = kernel
    this.#backend = backend as TorchBackend
    this.torch = this.#backend.torch
    this.#inputs = inputs
    this.#attributes = attrs ?? {}
  }

  #info(name: string): TensorInfo {
    const info = this.#inputs[name]
    if (info === undefined) throw this.invalid(`input "${name}" is missing`)
    return info
  }

  input(name: string): Numbers {
    return this.#backend.numbers(this.#info(name))
  }

  /** An input of a kernel that computes in the precision of its inputs: perhaps in bfloat16. */
  stored(name: string): Numbers {
    return this.#backend.stored(this.#info(name))
  }

  /** An input of a matrix product or convolution: in bfloat16 where those are computed so. */
  operand(name: string): Numbers {
    return this.#backend.operand(this.#info(name))
  }

  /** An input in the precision of another. */
  as(name: string, { isNarrow = false }: Numbers): Handle {
    const stored = this.stored(name)
    if (isNarrow === (stored.isNarrow ?? false)) return stored.handle
    return this.torch.to(stored.handle, isNarrow ? 'bfloat16' : 'float32')
  }

  optional(name: string): Numbers | null {
    const info = this.#inputs[name]
    return info === undefined || info === null ? null : this.#backend.numbers(info)
  }

  /** All inputs of a kernel that takes a list. */
  list(): Numbers[] {
    return Object.values(this.#inputs).map(info => this.#backend.numbers(info as TensorInfo))
  }

  /** As `list`, in the precision that each is stored in. */
  storedList(): Numbers[] {
    return Object.values(this.#inputs).map(info => this.#backend.stored(info as TensorInfo))
  }

  attribute<T>(name: string): T {
    return this.#attributes[name] as unknown as T
  }

  /** The values of a small input, such as indices that decide a shape. */
  values(name: string): ArrayLike<number> {
    return this.#backend.readSync((this.#inputs[name] as TensorInfo).dataId) as Float32Array
  }

  invalid(reason: string): TorchBackendError {
    return new TorchBackendError('KERNEL_INVALID', `kernel ${this.#kernel}: ${reason}`)
  }
}

export const result = (handle: Handle, shape: readonly number[], dtype: NumericType): Numbers => ({
  handle,
  shape,
  dtype,
})

/** A result of another shape, in the precision of what it was made from. */
export const like = ({ dtype, isNarrow }: Numbers, handle: Handle, shape: readonly number[]): Numbers =>
  isNarrow ? { handle, shape, dtype, isNarrow } : { handle, shape, dtype }

/** Shapes broadcast as tfjs does. */
export const broadcast = (a: Numbers, b: Numbers): number[] =>
  backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape])

export const sizeOf = (shape: readonly number[]): number => util.sizeFromShape([...shape])

/** libtorch's type of a tensor. */
export const typeOf: Readonly<Record<NumericType, ScalarType>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  complex64: 'complex64',
}

/** Float64 has every int32, so sums, products and powers of integers that fit into an int32 are exact. */
export const throughDouble = (
  torch: Torch,
  handles: readonly Handle[],
  compute: (...wide: Handle[]) => Handle,
): Handle => torch.to(compute(...handles.map(handle => torch.to(handle, 'float64'))), 'int32')
