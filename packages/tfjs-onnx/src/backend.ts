/**
 * A tfjs backend that records instead of computing. Each kernel appends ONNX nodes to the tensors that it returns; when
 * a value is read, everything that is pending and still held by somebody runs as one ONNX graph. The session is cached
 * by the graph's signature, so a training loop builds its graph once and then only feeds it.
 *
 * Parameters and optimizer state are ordinary fed arrays: a graph never contains a copy of a weight.
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
import { type FedArray, fed, filled, originOf, type Value } from './graph/value.ts'
import { type ComputedType, inLayout, type Lazy } from './lazy.ts'
import { Executor, type ExecutorOptions, fedLeaves, type Statistics } from './runtime/executor.ts'
import type { Device, RemoteArray, Runtime } from './runtime/runtime.ts'

interface TensorData extends Lazy {
  value: Value
  refCount: number
}

/** Strings cannot be recorded: they are only kept, as UTF-8. */
interface StringData {
  readonly strings: Uint8Array[]
  refCount: number
}

/** A complex tensor is two recorded ones that belong to it alone. */
interface ComplexData {
  readonly parts: ComplexParts
  refCount: number
}

export interface ComplexParts {
  readonly real: TensorInfo
  readonly imag: TensorInfo
}

export interface BackendOptions extends ExecutorOptions {
  /** A recording that grows past this many tensors runs without waiting for a read. */
  readonly pendingLimit?: number
}

/** A backend of tfjs that records kernels and runs them as whole graphs when a value is read. */
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
  /** Whether a function is being recorded on placeholders, which cannot run. */
  #tracing = false
  /** Whether only operators of the ONNX standard may be recorded. */
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

  // ---- recording: what kernels use -------------------------------------------------------------------------------

  /** The recorded form of a tensor of numbers. */
  lazy(info: TensorInfo): Lazy {
    return this.#numeric(info.dataId)
  }

  #numeric(dataId: DataId): TensorData {
    const data = this.#data.get(dataId)
    if ('value' in data) return data
    throw new OnnxBackendError('KERNEL_INVALID', 'a string or complex tensor is not one array of numbers', {
      hint: 'a graph takes and gives float32, int32 and bool: split complex tensors with tf.real and tf.imag',
    })
  }

  /** The two halves of a complex tensor. */
  parts(info: TensorInfo): ComplexParts {
    const data = this.#data.get(info.dataId)
    if ('parts' in data) return data.parts
    throw new OnnxBackendError('KERNEL_INVALID', `a tensor of ${info.dtype} has no real and imaginary part`)
  }

  /** Makes a complex tensor of two recorded values. */
  complexTensor(real: Lazy, imag: Lazy): TensorInfo {
    const dataId = {}
    this.#data.set(dataId, { parts: { real: this.tensor(real), imag: this.tensor(imag) }, refCount: 1 })
    return { dataId, shape: [...real.shape], dtype: 'complex64' }
  }

  /** Whether a function is being recorded on placeholders: nothing can be computed, so nothing may be read. */
  get tracing(): boolean {
    return this.#tracing
  }

  /** Makes a tensor of a recorded value. */
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

  // ---- storage: what tfjs itself uses ----------------------------------------------------------------------------

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
      : fed(shape, dtype, this.#own(array, dtype))
    value.refCount = 1
    this.#data.set(dataId, { shape, dtype, layout, value, refCount })
  }

  /** A copy: recordings run later, when the caller may have put other numbers into the array. */
  #own(values: ArrayLike<number>, dtype: ComputedType): FedArray {
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

  /** An array that nobody holds may still be read by pending nodes: it is let go of after the next run. */
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

  /** The numbers of a tensor in row-major layout, computed if they are pending. They belong to the backend. */
  numbers(dataId: DataId): FedArray {
    const array = this.array(dataId)
    if (!('read' in array)) return array
    throw new OnnxBackendError('READ_SYNC', `numbers on ${this.runtime.name} can only be waited for`, {
      hint: 'use await tensor.data() or array() instead of dataSync() and arraySync(); ops that look at values in between cannot be used',
    })
  }

  /** The same, left where it is if the runtime keeps it. */
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

  /** With all that is pending; if that fails, alone: what is wrong with another tensor shows where that is read. */
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

  /** `f` is called at once: tfjs's profiler counts on that. */
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

  /** Runs whatever is pending now: the results replace the nodes that produce them. */
  flush(): void {
    const waiting = [...this.#pending]
    if (waiting.length > 0) this.#runPending(waiting)
    // nothing is pending now, so nothing can read an array that no tensor holds
    for (const value of this.#retired) this.#letGo(value)
    this.#retired.length = 0
    this.#recorded = 0
  }

  /** Of what a queued run is fed with, nothing is reused: it may not have been read yet. */
  #letGo({ origin, type }: Value): void {
    if (origin.kind === 'remote') origin.array.dispose()
    if (origin.kind === 'fed' && !this.runtime.queued) this.executor.pool.give(type as ComputedType, origin.data)
  }

  /**
   * Runs what is pending, then records `f` on its own: nothing runs before it returns. A graph that others are to run has
   * standard operators only.
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

  /** Convolutions may work on blocks of so many channels; 1: they may not. */
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
  new OnnxBackendError('TRACE_INVALID', 'a function that is being recorded reads the value of a tensor', {
    hint: 'a traced or compiled function may only build its result: move data(), dataSync(), print() and decisions on values out of it',
  })

/**
 * Arrays of one value (ones, zeros, large fills) are recorded as fills, so that no graph has to be fed with them. A
 * fill's value is part of the graph, so short arrays that happen to hold one other number are fed as they are.
 */
function isUniform(array: FedArray): boolean {
  const first = array[0]
  if (array.length < 2 || (array.length < 64 && first !== 0 && first !== 1)) return false
  // a negative zero is another number, though it reads the same in a graph's signature
  if (Object.is(first, -0)) return false
  for (let i = 1; i < array.length; i++) if (array[i] !== first) return false
  return true
}
