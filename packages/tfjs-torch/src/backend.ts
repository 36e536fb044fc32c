/**
 * A tfjs backend whose tensors are tensors of libtorch. Each kernel calls ATen operators at once; tensors stay on the device until they
 * are read. Views (slices, transposes, reshapes) share memory: tfjs's tensors are immutable, so this is not observable.
 */

import {
  type backend_util,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core'
import { TorchBackendError } from './errors.ts'
import type { DeviceName, Handle, ScalarType } from './library/libtorch.ts'
import type { Torch } from './torch.ts'

/** A tensor of numbers. */
export interface Numbers {
  readonly handle: Handle
  readonly shape: readonly number[]
  readonly dtype: NumericType
  /** Whether a float32 tensor is stored in bfloat16, as the result of a product in that precision. */
  readonly isNarrow?: boolean
  /** What the gradient of its kernel needs besides the tensors that tfjs knows; deleted with the tensor. */
  readonly attached?: readonly Handle[]
}

export type NumericType = Exclude<DataType, 'string'>

interface StoredNumbers extends Numbers {
  /** The same in bfloat16, made when a product first needs it. */
  narrow?: Handle
}

interface Stored {
  /** Strings stay in JavaScript, as UTF-8. */
  readonly content: StoredNumbers | { readonly strings: Uint8Array[] }
  refCount: number
}

const scalarTypeOf: Readonly<Record<NumericType, ScalarType>> = {
  float32: 'float32',
  int32: 'int32',
  bool: 'bool',
  complex64: 'complex64',
}

/** The tfjs backend, as `useTorchBackend` creates it: `tf.backend()` while it is in use. */
export class TorchBackend extends KernelBackend {
  readonly torch: Torch
  readonly #data: DataStorage<Stored>

  constructor(torch: Torch) {
    super()
    this.torch = torch
    this.#data = new DataStorage(this, engine())
  }

  get device(): DeviceName {
    return this.torch.device
  }

  /** In the type that it has for tfjs. @throws TorchBackendError KERNEL_INVALID for a tensor of strings */
  numbers(info: TensorInfo): Numbers {
    const stored = this.stored(info)
    if (!stored.isNarrow) return stored
    return { handle: this.torch.to(stored.handle, 'float32'), shape: stored.shape, dtype: 'float32' }
  }

  /** As it is stored: perhaps in bfloat16. @throws TorchBackendError KERNEL_INVALID for a tensor of strings */
  stored(info: TensorInfo): Numbers {
    const { content } = this.#data.get(info.dataId)
    // a reshape by tfjs itself gives the same data another shape
    if ('handle' in content) return sameShape(content.shape, info.shape) ? content : this.#reshaped(content, info.shape)
    throw new TorchBackendError('KERNEL_INVALID', 'a tensor of strings has no numbers')
  }

  #reshaped(numbers: Numbers, shape: readonly number[]): Numbers {
    return { ...numbers, handle: this.torch.call('reshape', numbers.handle, shape), shape }
  }

  /**
   * An operand of a matrix product or convolution, in the precision that those have. The copy in bfloat16 lives as long as the tensor, so
   * that parameters and activations are converted once per step, not again in the backward pass.
   */
  operand(info: TensorInfo): Numbers {
    const numbers: StoredNumbers = this.stored(info)
    if (this.torch.precision === 'float32' || numbers.dtype !== 'float32' || numbers.isNarrow) return numbers
    const { content } = this.#data.get(info.dataId)
    if (content !== numbers) return { ...numbers, handle: this.torch.to(numbers.handle, 'bfloat16'), isNarrow: true }
    numbers.narrow ??= this.torch.unscoped(() => this.torch.to(numbers.handle, 'bfloat16'))
    return { ...numbers, handle: numbers.narrow, isNarrow: true }
  }

  /** Makes a tensor of a handle, which belongs to it from then on. */
  tensor(numbers: Numbers): TensorInfo {
    const dataId = {}
    this.#data.set(dataId, { content: numbers, refCount: 1 })
    return { dataId, shape: [...numbers.shape], dtype: numbers.dtype }
  }

  override write(values: backend_util.BackendValues | null, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues | null,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype === 'string') {
      this.#data.set(dataId, { content: { strings: values as Uint8Array[] }, refCount })
      return
    }
    const array =
      values === null ? emptyArray(dtype, util.sizeFromShape(shape)) : typed(values as ArrayLike<number>, dtype)
    const handle = this.torch.tensor(array, shape, scalarTypeOf[dtype])
    this.#data.set(dataId, { content: { handle, shape: [...shape], dtype }, refCount })
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refCount : 0
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).refCount++
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true
    const data = this.#data.get(dataId)
    data.refCount--
    if (!force && data.refCount > 0) return false
    this.#data.delete(dataId)
    if ('handle' in data.content) {
      this.torch.delete(data.content.handle)
      for (const handle of data.content.attached ?? []) this.torch.delete(handle)
      if (data.content.narrow !== undefined) this.torch.delete(data.content.narrow)
    }
    return true
  }

  override readSync(dataId: DataId): backend_util.BackendValues {
    const { content } = this.#data.get(dataId)
    if ('strings' in content) return content.strings
    const { handle, shape, dtype } = content
    const array = emptyArray(dtype, util.sizeFromShape([...shape]))
    this.torch.read(handle, array, shape, scalarTypeOf[dtype])
    return array
  }

  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    return this.readSync(dataId)
  }

  override numDataIds(): number {
    return this.#data.numDataIds()
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return true
  }

  override async time(f: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now()
    f()
    return { kernelMs: performance.now() - start }
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override dispose(): void {}
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((size, i) => size === b[i]))

/** Off the heap of V8, which may move small arrays while libtorch writes into them. */
function emptyArray(dtype: NumericType, length: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'bool') return new Uint8Array(new ArrayBuffer(length))
  const buffer = new ArrayBuffer(4 * length * (dtype === 'complex64' ? 2 : 1))
  return dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer)
}

function typed(values: ArrayLike<number>, dtype: NumericType): Float32Array | Int32Array | Uint8Array {
  const isTyped =
    dtype === 'bool'
      ? values instanceof Uint8Array
      : dtype === 'int32'
        ? values instanceof Int32Array
        : values instanceof Float32Array
  if (isTyped && (values as Float32Array).byteLength > 64) return values as Float32Array
  const array = emptyArray(dtype, dtype === 'complex64' ? values.length / 2 : values.length)
  array.set(values)
  return array
}
