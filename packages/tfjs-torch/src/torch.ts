/**
 * ATen operators on handles, with the lifetime of handles: everything that is created inside `scope` is deleted at its end, except
 * what it returns.
 */

import { TorchBackendError } from './errors.ts'
import {
  type DeviceName,
  deviceTypes,
  type Handle,
  type Libtorch,
  type ScalarType,
  scalarTypes,
} from './library/libtorch.ts'
import { type Operator, operators } from './operators.ts'

export type OperatorArgument = Handle | boolean | string | null | readonly number[] | readonly boolean[]

/** Values that an operator takes or gives at most. */
const stackSize = 32
const wordSize = 4294967296

/** Of matrix products and convolutions. */
export type Precision = 'float32' | 'bfloat16'

export interface TorchOptions {
  /** Default: 'cpu' */
  readonly device?: DeviceName
  /** Default: 'float32' */
  readonly precision?: Precision
}

export class Torch {
  readonly library: Libtorch
  readonly device: DeviceName
  readonly precision: Precision
  /** Which of several devices of one kind. */
  readonly deviceIndex = 0
  /** Handles that are deleted at the end of the scope; null outside of one. */
  #created: Set<Handle> | null = null
  readonly #stack = new BigUint64Array(stackSize)
  readonly #words = new Uint32Array(this.#stack.buffer)
  readonly #doubles = new Float64Array(this.#stack.buffer)
  readonly #out = new Uint32Array(2)
  readonly #pointers = { dtype: new Int32Array(1), device: new Int32Array(1), scale: new Float64Array(1) }
  readonly #scalars = new Map<string, Handle>()

  constructor(library: Libtorch, { device = 'cpu', precision = 'float32' }: TorchOptions = {}) {
    this.library = library
    this.device = device
    this.precision = precision
  }

  /**
   * Runs `body` and deletes the handles that were created in it, except those of its results, which belong to the caller. A result that
   * was not created in it (an input that is passed on) becomes a handle of its own.
   */
  scope<R extends { readonly handle: Handle; readonly attached?: readonly Handle[] }>(
    body: () => readonly R[] | null,
  ): R[] | null {
    const before = this.#created
    const created = new Set<Handle>()
    this.#created = created
    try {
      const results = body()
      for (const { attached = [] } of results ?? []) for (const handle of attached) created.delete(handle)
      return (
        results?.map(one => (created.delete(one.handle) ? one : { ...one, handle: this.#duplicate(one.handle) })) ??
        null
      )
    } finally {
      this.#created = before
      for (const handle of created) this.library.deleteTensor(handle)
    }
  }

  /** Calls an operator with one result. Arguments that are left out at the end are absent (an optional) or 0. */
  call(name: string, ...values: readonly OperatorArgument[]): Handle {
    return this.callAll(name, ...values)[0] as Handle
  }

  /** Calls an operator; the handle of a result that it does not give is 0. */
  callAll(name: string, ...values: readonly OperatorArgument[]): Handle[] {
    const operator = operators.get(name)
    if (operator === undefined) throw new Error(`no schema of ${name} in operators.ts`)
    const { length } = operator.arguments
    for (let i = 0; i < length; i++) this.#encode(i, operator, values[i] ?? null)
    this.#check(this.library.dispatch(operator.name, operator.overload, this.#stack, this.library.versionWord), name)
    return Array.from({ length: operator.results }, (_, i) => this.#register(this.#read(this.#words, 2 * i)))
  }

  #encode(i: number, operator: Operator, value: OperatorArgument): void {
    const { kind, optional, name } = operator.arguments[i] as Operator['arguments'][number]
    if (value === null) {
      if (!optional && kind !== 'integer' && kind !== 'boolean')
        throw new Error(`${operator.schema}: ${name} is missing`)
      this.#stack[i] = 0n
      return
    }
    if (kind === 'tensor') this.#write(i, this.#duplicate(value as Handle))
    else if (kind === 'float') this.#doubles[i] = value as number
    else if (kind === 'string') this.#write(i, this.#string(value as string))
    else if (Array.isArray(value))
      this.#write(i, this.#list(value as readonly (number | boolean)[], kind === 'tensors'))
    else this.#write(i, Number(value))
    if (optional) this.#write(i, this.library.newValue(this.#stack[i] as bigint))
  }

  #write(i: number, value: number): void {
    this.#words[2 * i] = value >>> 0
    this.#words[2 * i + 1] = Math.floor(value / wordSize) >>> 0
  }

  #read(words: Uint32Array, i: number): number {
    return (words[i] as number) + (words[i + 1] as number) * wordSize
  }

  /** A second owner of the same tensor. */
  #duplicate(handle: Handle): Handle {
    this.#check(this.library.newHandle(handle, this.#out), 'aoti_torch_new_tensor_handle')
    return this.#read(this.#out, 0)
  }

  #list(values: readonly (number | boolean)[], tensors: boolean): number {
    this.#check(this.library.newList(values.length, this.#out), 'torch_new_list_reserve_size')
    const list = this.#read(this.#out, 0)
    for (const value of values) {
      this.#check(
        this.library.pushBack(list, tensors ? this.#duplicate(value as Handle) : asUnsigned(Number(value))),
        'torch_list_push_back',
      )
    }
    return list
  }

  #string(text: string): number {
    this.#check(this.library.newString(text, Buffer.byteLength(text), this.#out), 'torch_new_string_handle')
    return this.#read(this.#out, 0)
  }

  #check(code: number, name: string): void {
    if (code === 0) return
    throw new TorchBackendError('OPERATOR_FAILED', `${name}: ${this.library.lastError().split('\n', 1)[0]}`)
  }

  #register(handle: Handle): Handle {
    if (handle !== 0) this.#created?.add(handle)
    return handle
  }

  #result(code: number, name: string): Handle {
    this.#check(code, name)
    return this.#register(this.#read(this.#out, 0))
  }

  /** The same tensor under a new handle of the current scope. */
  alias(handle: Handle): Handle {
    return this.#register(this.#duplicate(handle))
  }

  delete(handle: Handle): void {
    this.library.deleteTensor(handle)
  }

  /** A tensor on the device with a copy of the values. */
  tensor(values: ArrayBufferView, shape: readonly number[], dtype: ScalarType): Handle {
    const lent = this.#lend(values, shape, dtype)
    try {
      if (this.device === 'cpu') return this.#result(this.library.clone(lent, this.#out), 'aoti_torch_clone')
      const made = this.empty(shape, dtype)
      this.#check(this.library.copy(made, lent, 0), 'aoti_torch_copy_')
      return made
    } finally {
      this.library.deleteTensor(lent)
    }
  }

  /** Copies a tensor, of any layout and device, into an array of its size and type. */
  read(handle: Handle, into: ArrayBufferView, shape: readonly number[], dtype: ScalarType): void {
    const lent = this.#lend(into, shape, dtype)
    try {
      this.#check(this.library.copy(lent, handle, 0), 'aoti_torch_copy_')
    } finally {
      this.library.deleteTensor(lent)
    }
  }

  /** A tensor on the CPU over an array of ours, which must outlive it. */
  #lend(values: ArrayBufferView, shape: readonly number[], dtype: ScalarType): Handle {
    const { sizes, strides } = dimensions(shape)
    this.#check(
      this.library.fromBlob(values, shape.length, sizes, strides, 0, scalarTypes[dtype], deviceTypes.cpu, 0, this.#out),
      'aoti_torch_create_tensor_from_blob',
    )
    return this.#read(this.#out, 0)
  }

  /** Row-major, with undefined values. */
  empty(shape: readonly number[], dtype: ScalarType): Handle {
    const { sizes, strides } = dimensions(shape)
    const { device, deviceIndex } = this
    return this.#result(
      this.library.emptyStrided(
        shape.length,
        sizes,
        strides,
        scalarTypes[dtype],
        deviceTypes[device],
        deviceIndex,
        this.#out,
      ),
      'aoti_torch_empty_strided',
    )
  }

  full(shape: readonly number[], value: number, dtype: ScalarType): Handle {
    const { sizes } = dimensions(shape)
    this.#pointers.dtype[0] = scalarTypes[dtype]
    this.#pointers.device[0] = deviceTypes[this.device]
    const { dtype: type, device } = this.#pointers
    return this.#result(
      this.library.full(sizes, shape.length, value, type, null, device, this.deviceIndex, null, this.#out),
      'aoti_torch_aten_full',
    )
  }

  /** A tensor without dimensions, which is kept for the next use. */
  scalar(value: number, dtype: ScalarType): Handle {
    const key = `${Object.is(value, -0) ? '-0' : value} ${dtype}`
    const known = this.#scalars.get(key)
    if (known !== undefined) return known
    if (this.#scalars.size >= 1000) this.#forgetScalars()
    const made = this.unscoped(() => this.full([], value, dtype))
    this.#scalars.set(key, made)
    return made
  }

  /** Runs `body`, whose handles belong to the caller and to no scope. */
  unscoped<R>(body: () => R): R {
    const scope = this.#created
    this.#created = null
    try {
      return body()
    } finally {
      this.#created = scope
    }
  }

  /** A scalar may be in use by the kernel that asks for the next one, so they pass to its scope. */
  #forgetScalars(): void {
    for (const handle of this.#scalars.values()) this.#register(handle)
    this.#scalars.clear()
  }

  /** x − factor · y, for floating-point and complex numbers. */
  subtract(x: Handle, y: Handle, factor = 1): Handle {
    return this.#result(this.library.subtract(x, y, factor, this.#out), 'aten::subtract')
  }

  /** @param padding [before, after] of the last dimension, then of the one before it, … */
  pad(x: Handle, padding: readonly number[], value: number): Handle {
    const amounts = BigInt64Array.from(padding, BigInt)
    this.#pointers.scale[0] = value
    return this.#result(
      this.library.pad(x, amounts, padding.length, 'constant', this.#pointers.scale, this.#out),
      'aten::pad',
    )
  }

  /** Elements between neighbours along a dimension. */
  stride(x: Handle, dimension: number): number {
    this.#check(this.library.stride(x, dimension, this.#out), 'aoti_torch_get_stride')
    return this.#read(this.#out, 0)
  }

  /** Copies the values of a tensor into another of the same shape, perhaps of another type. */
  copy(into: Handle, from: Handle): void {
    this.#check(this.library.copy(into, from, 0), 'aoti_torch_copy_')
  }

  /** A tensor with memory of its own. */
  clone(x: Handle): Handle {
    return this.#result(this.library.clone(x, this.#out), 'aoti_torch_clone')
  }

  to(x: Handle, dtype: ScalarType): Handle {
    return this.call('to.dtype', x, scalarTypes[dtype])
  }
}

const asUnsigned = (value: number): number | bigint => (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value)

/** Sizes and strides of a row-major array. */
function dimensions(shape: readonly number[]): { sizes: BigInt64Array; strides: BigInt64Array } {
  const sizes = BigInt64Array.from(shape, BigInt)
  const strides = new BigInt64Array(shape.length)
  let stride = 1n
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= sizes[i] as bigint
  }
  return { sizes, strides }
}
