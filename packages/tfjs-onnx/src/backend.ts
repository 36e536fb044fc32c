/**
 * A tfjs backend that records instead of computing. Each kernel appends ONNX nodes to the tensors that it returns; when a value is
 * read, all pending tensors that are still referenced run as one ONNX graph. Sessions are cached by the signature of the graph, so a
 * training loop builds its graph once and then only feeds it.
 *
 * Parameters and optimizer state are graph inputs: a graph never contains a copy of them.
 */

import {
  backend_util,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  tidy,
} from '@tensorflow/tfjs-core'
import { OnnxBackendError } from './errors.ts'
import { identityLayout, isIdentity, sizeOf } from './graph/layout.ts'
import { collectProgram } from './graph/program.ts'
import { type FedArray, fed, filled, originOf, type RemoteArray, type Value } from './graph/value.ts'
import { type ComputedType, inLayout, type Lazy } from './lazy.ts'
import { Executor, type ExecutorOptions, fedLeaves, type Statistics } from './runtime/executor.ts'
import type { Device, Runtime } from './runtime/runtime.ts'

interface TensorData extends Lazy {
  value: Value
  refCount: number
}

/** Strings, as UTF-8, are stored but cannot be recorded. */
interface StringData {
  readonly strings: Uint8Array[]
  refCount: number
}

/** A complex tensor owns two recorded tensors. */
interface ComplexData {
  readonly parts: ComplexParts
  refCount: number
}

export interface ComplexParts {
  readonly real: TensorInfo
  readonly imag: TensorInfo
}

export interface BackendOptions extends ExecutorOptions {
  /** A recording with more tensors than this runs without waiting for a read. Default: 20,000. */
  readonly pendingLimit?: number
}

/** Records kernels and runs them as whole graphs when a value is read. */
export class OnnxBackend extends KernelBackend {
  readonly runtime: Runtime
  /** Builds and runs graphs. */
  readonly executor: Executor
  readonly #pendingLimit: number
  readonly #data: DataStorage<TensorData | StringData | ComplexData>
  readonly #pending = new Set<TensorData>()
  readonly #retired: Value[] = []
  /** Tensors recorded since the last run. */
  #recorded = 0
  /** Whether a function is being recorded on placeholders, which have no values. */
  #tracing = false
  /** Whether only standard ONNX operators may be recorded. */
  #standard = false

  constructor({ pendingLimit = 20_000, ...options }: BackendOptions) {
    super()
    this.runtime = options.runtime
    this.executor = new Executor(options)
    this.#pendingLimit = pendingLimit
    this.#data = new DataStorage(this, engine())
  }

  /** Where graphs run. */
  get device(): Device {
    return this.runtime.device
  }

  // ---- recording, used by kernels --------------------------------------------------------------------------------

  /** The recorded form of a tensor of numbers. */
  lazy(info: TensorInfo): Lazy {
    return this.#numeric(info.dataId)
  }

  #numeric(dataId: DataId): TensorData {
    const data = this.#data.get(dataId)
    if ('value' in data) return data
    throw new OnnxBackendError('KERNEL_INVALID', 'a graph cannot contain string or complex tensors', {
      hint: 'inputs and outputs of graphs are float32, int32 or bool; split complex tensors with tf.real and tf.imag',
    })
  }

  /** The real and imaginary part of a complex tensor. */
  parts(info: TensorInfo): ComplexParts {
    const data = this.#data.get(info.dataId)
    if ('parts' in data) return data.parts
    throw new OnnxBackendError('KERNEL_INVALID', `a ${info.dtype} tensor has no real and imaginary part`)
  }

  /** Creates a complex tensor from two recorded values. */
  complexTensor(real: Lazy, imag: Lazy): TensorInfo {
    const dataId = {}
    this.#data.set(dataId, { parts: { real: this.tensor(real), imag: this.tensor(imag) }, refCount: 1 })
    return { dataId, shape: [...real.shape], dtype: 'complex64' }
  }

  /** Whether a function is being recorded on placeholders, so that no value can be read. */
  get tracing(): boolean {
    return this.#tracing
  }

  /** Creates a tensor from a recorded value. */
  tensor(lazy: Lazy): TensorInfo {
    const data: TensorData = { ...lazy, refCount: 1 }
    const dataId = {}
    this.#data.set(dataId, data)
    data.value.refCount++
    if (data.value.origin.kind === 'node') {
      this.#pending.add(data)
      this.#recorded++
    }
    if (this.#recorded > this.#pendingLimit && !this.#tracing) this.flush()
    return { dataId, shape: [...lazy.shape], dtype: lazy.dtype }
  }

  // ---- storage, used by tfjs ----------------------------------------------------------------------------------

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype === 'string') {
      this.#data.set(dataId, { strings: values as Uint8Array[], refCount })
      return
    }
    if (dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array)
      const part = (half: Float32Array) => ({
        dataId: this.write(half, shape, 'float32'),
        shape,
        dtype: 'float32' as const,
      })
      this.#data.set(dataId, { parts: { real: part(real), imag: part(imag) }, refCount })
      return
    }
    const layout = identityLayout(shape.length)
    const array = values as FedArray
    const value = isUniform(array)
      ? filled(shape, array[0] as number, dtype)
      : fed(shape, dtype, this.#copy(array, dtype))
    value.refCount = 1
    this.#data.set(dataId, { shape, dtype, layout, value, refCount })
  }

  /** Recordings run later, when the caller may have changed the array. */
  #copy(values: ArrayLike<number>, dtype: ComputedType): FedArray {
    const copy = this.executor.pool.take(dtype, values.length)
    copy.set(values)
    return copy
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
    if ('parts' in data) for (const part of Object.values(data.parts)) this.disposeData(part.dataId, true)
    if ('value' in data) {
      this.#pending.delete(data)
      this.#release(data.value)
    }
    return true
  }

  /** Pending nodes may still read an array that no tensor references: it is released after the next run. */
  #release(value: Value): void {
    value.refCount--
    if (value.refCount === 0 && value.origin.kind !== 'node') this.#retired.push(value)
  }

  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    if (!this.runtime.queued) return this.readSync(dataId)
    const data = this.#data.get(dataId)
    if ('strings' in data) return data.strings
    if ('parts' in data) {
      const [real, imag] = await Promise.all([this.read(data.parts.real.dataId), this.read(data.parts.imag.dataId)])
      return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array)
    }
    const array = this.array(dataId)
    return 'read' in array ? array.read() : array.slice()
  }

  override readSync(dataId: DataId): backend_util.BackendValues {
    const data = this.#data.get(dataId)
    if ('strings' in data) return data.strings
    if ('parts' in data) {
      const [real, imag] = [this.numbers(data.parts.real.dataId), this.numbers(data.parts.imag.dataId)]
      return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array)
    }
    return this.numbers(dataId).slice()
  }

  /** The numbers of a tensor in row-major layout, computed if pending. The array belongs to the backend. */
  numbers(dataId: DataId): FedArray {
    const array = this.array(dataId)
    if (!('read' in array)) return array
    if (array.readSync !== undefined) return array.readSync()
    throw new OnnxBackendError('READ_SYNC', `${this.runtime.name} cannot be read synchronously`, {
      hint: 'use await tensor.data() or array() instead of dataSync() and arraySync(); ops that read values internally cannot be used',
    })
  }

  /** The same, without copying an array from the device. */
  array(dataId: DataId): FedArray | RemoteArray {
    const data = this.#numeric(dataId)
    if (!isIdentity(data.layout)) this.#toRowMajor(data)
    if (this.#pending.has(data)) this.#compute(data)
    const { origin, type, shape } = data.value
    if (origin.kind === 'fed') return origin.data
    if (origin.kind === 'remote') return origin.array
    const dense = this.executor.pool.take(type as ComputedType, sizeOf(shape))
    if (origin.kind === 'fill') return dense.fill(origin.value)
    if (origin.kind !== 'constant') throw readWhileTracing()
    dense.set(origin.data)
    return dense
  }

  /** Runs everything pending; if that fails, this tensor alone, so that the error of another tensor appears where that one is read. */
  #compute(data: TensorData): void {
    try {
      this.flush()
    } catch (error) {
      if (this.#tracing || this.#pending.size === 1) throw error
      this.#runPending([data])
    }
  }

  /** Converts the value to row-major layout, for reads. */
  #toRowMajor(data: TensorData): void {
    const layout = identityLayout(data.shape.length)
    const old = data.value
    data.value = inLayout(data, layout)
    data.layout = layout
    data.value.refCount++
    this.#release(old)
    if (data.value.origin.kind === 'node') this.#pending.add(data)
  }

  override numDataIds(): number {
    return this.#data.numDataIds()
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
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

  /** Calls `f` synchronously, as tfjs's profiler requires. */
  override async time(f: () => void): Promise<{ kernelMs: number }> {
    this.flush()
    const start = performance.now()
    f()
    this.flush()
    await this.runtime.idle?.()
    return { kernelMs: performance.now() - start }
  }

  override dispose(): void {
    this.executor.dispose()
    this.#pending.clear()
  }

  // ---- running ---------------------------------------------------------------------------------------------------

  get statistics(): Statistics {
    return this.executor.statistics
  }

  /** Runs everything pending; results replace the nodes that produce them. */
  flush(): void {
    const waiting = [...this.#pending]
    if (waiting.length > 0) this.#runPending(waiting)
    // nothing pending can read these arrays any more
    for (const value of this.#retired) this.#recycle(value)
    this.#retired.length = 0
    this.#recorded = 0
  }

  /** Arrays of a queued run are not reused, because it may not have read them yet. */
  #recycle({ origin, type }: Value): void {
    if (origin.kind === 'remote') origin.array.dispose()
    if (origin.kind === 'fed' && !this.runtime.queued) this.executor.pool.give(type as ComputedType, origin.data)
  }

  /**
   * Runs everything pending, then records `f`; nothing runs before it returns. `standard` limits the graph to standard ONNX operators, for
   * export.
   */
  trace(f: () => void, { standard = false }: { standard?: boolean } = {}): void {
    this.flush()
    this.#tracing = true
    this.#standard = standard
    try {
      tidy(f)
    } finally {
      this.#tracing = false
      this.#standard = false
    }
  }

  /** Channels per block of blocked convolutions; 1 without them. */
  get channelBlock(): number {
    return this.#standard ? 1 : this.executor.channelBlock
  }

  #runPending(waiting: readonly TensorData[]): void {
    const program = collectProgram([...new Set(waiting.map(data => data.value))])
    const arrays = fedLeaves(program).map(({ origin }) => {
      if (origin.kind === 'remote') return origin.array
      if (origin.kind !== 'fed') throw readWhileTracing()
      return origin.data
    })
    const results = this.executor.run(this.executor.graph(program), arrays)
    program.outputs.forEach((value, i) => {
      value.origin = originOf(results[i] as FedArray | RemoteArray)
    })
    for (const data of waiting) this.#pending.delete(data)
  }
}

const readWhileTracing = () =>
  new OnnxBackendError('TRACE_INVALID', 'a recorded function reads the value of a tensor', {
    hint: 'move data(), dataSync(), print() and decisions that depend on values out of the traced or compiled function',
  })

/**
 * Arrays of one value (ones, zeros, large fills) are recorded as fills and not fed. The value of a fill is part of the graph, so short
 * arrays of another value are fed, which avoids a graph per value.
 */
function isUniform(array: FedArray): boolean {
  const first = array[0]
  if (array.length < 2 || (array.length < 64 && first !== 0 && first !== 1)) return false
  // −0 and 0 would have the same signature
  if (Object.is(first, -0)) return false
  for (let i = 1; i < array.length; i++) if (array[i] !== first) return false
  return true
}
