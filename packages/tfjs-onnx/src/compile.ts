/**
 * Record once, replay: `compile` turns a function of tensors into one that runs its graph directly. Recording a train
 * step costs thousands of small JavaScript calls each time; a compiled one costs none after the first call.
 *
 * The function must be pure: it may close over tensors, which keep the value that they had at the first call, and it
 * must not read values. There is one graph per combination of input shapes and dtypes. On another backend than this
 * package's, the function is simply called.
 */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { type InputPart, takeInputsApart, takeOutputsApart } from './graph/border.ts'
import { identityOrder, sizeOf } from './graph/order.ts'
import { collectProgram, type Program } from './graph/program.ts'
import { type FedArray, originOf, type Value } from './graph/value.ts'
import { type ComputedType, type Lazy, straightened } from './lazy.ts'
import { type AnyArray, fedLeaves, type Graph } from './runtime/executor.ts'
import type { RuntimePort } from './runtime/runtime.ts'

type Tensors = Readonly<Record<string, tf.Tensor>>

export interface Compiled<I extends Tensors, O extends Tensors> {
  /** Inputs are read, not disposed of; the results belong to the caller. */
  (inputs: I): O
  /** Lets go of the graphs. The function builds them again if it is called again. */
  dispose(): void
}

/** Where the arrays of a graph come from, and what becomes of its results. */
interface Plan {
  readonly graph: Graph
  /** For each thing to feed, the name of an input, where it begins in one, or a kept array. */
  readonly sources: readonly (string | InputPart | AnyArray)[]
  /** For each output of the function, how many results of the graph lie in it, one behind the other. */
  readonly parts: readonly number[]
  readonly results: readonly {
    readonly name: string
    readonly shape: number[]
    readonly dtype: ComputedType
    readonly at: number
  }[]
}

export interface CompileOptions<I extends Tensors> {
  /**
   * Inputs that hold something for each image of a batch, in their first dimension. `f` may then be run on equal shares of
   * the batch, side by side and, where a share would need much memory, one after the other, and its results averaged: they
   * must all be means over the batch.
   */
  readonly batch?: readonly (keyof I)[]
  /** The least images of a share; 8 unless said. */
  readonly smallestShare?: number
}

export function compile<I extends Tensors, O extends Tensors>(
  f: (inputs: I) => O,
  options: CompileOptions<I> = {},
): Compiled<I, O> {
  const plans = new Map<string, Plan>()
  const run = (inputs: I): O => {
    const backend = tf.backend()
    if (!(backend instanceof OnnxBackend)) return tf.tidy(() => f(inputs) as never) as O
    backend.flush()
    const key = Object.entries(inputs)
      .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape}]`)
      .sort()
      .join()
    let plan = plans.get(key)
    if (plan === undefined) plans.set(key, (plan = makePlan(backend, f, { inputs, options })))
    return replay(backend, plan, inputs) as O
  }
  const dispose = () => {
    for (const { graph } of plans.values()) graph.session.dispose()
    plans.clear()
  }
  return Object.assign(run, { dispose })
}

function makePlan<I extends Tensors>(
  backend: OnnxBackend,
  f: (inputs: I) => Tensors,
  { inputs, options }: { inputs: I; options: CompileOptions<I> },
): Plan {
  const { batch = [], smallestShare = 8 } = options
  const split = new Set(batch.filter(name => name in inputs).map(String))
  const sizes = [...split].map(name => inputs[name]?.shape[0] as number)
  const threads = shareCount(sizes, { most: backend.executor.parallelism, smallestShare })
  let count = threads
  let recording = record(backend, f, { inputs, split, count })
  while (backend.executor.splits && sizesOf(recording.program) > largestShare && (sizes[0] ?? 1) % (2 * count) === 0) {
    if ((sizes[0] as number) / (2 * count) < smallestShare) break
    count *= 2
    recording = record(backend, f, { inputs, split, count })
  }
  const { lazies, values, outputs, parts, inputParts, program } = recording
  const sources = fedLeaves(program).map(value => inputParts.get(value) ?? kept(value))
  const results = [...lazies].map(([name, { shape, dtype }], i) => ({
    name,
    shape: [...shape],
    dtype,
    at: outputs.indexOf(values[i] as Value),
  }))
  const isSplit = ({ origin }: Value) => origin.kind === 'input' && split.has(origin.name)
  const graph =
    count > 1 ? backend.executor.build(program, { count, threads, isSplit }) : backend.executor.build(program)
  return { graph, sources, parts: parts.map(({ length }) => length), results }
}

/** The name of an input, or an array that the function closes over, as it is now. */
export function kept(value: Value): string | AnyArray {
  const { origin } = value
  if (origin.kind === 'input') return origin.name
  if (origin.kind !== 'remote') return (origin as { data: FedArray }).data.slice()
  value.holders++ // what the runtime keeps, it keeps from now on
  return origin.array
}

/** Bytes of all intermediate results of a share, above which it is halved: a train step holds about a third of them at once. */
const largestShare = 3 * 2 ** 30

/** Bytes of what the nodes give, but for those that only rename. */
const sizesOf = ({ nodes }: Program): number =>
  nodes
    .filter(({ op }) => op !== 'Reshape')
    .flatMap(({ outputs }) => outputs)
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)

interface Recorded {
  readonly lazies: ReadonlyMap<string, Lazy>
  readonly values: readonly Value[]
  readonly outputs: readonly Value[]
  /** What the graph gives for each output, see `takeOutputsApart`. */
  readonly parts: readonly (readonly Value[])[]
  readonly inputParts: ReadonlyMap<Value, InputPart>
  readonly program: Program
}

/** `f` on a share of the batch. */
function record<I extends Tensors>(
  backend: OnnxBackend,
  f: (inputs: I) => Tensors,
  { inputs, split, count }: { inputs: I; split: ReadonlySet<string>; count: number },
): Recorded {
  const lazies = new Map<string, Lazy>()
  backend.trace(() => {
    const shapes = Object.entries(inputs).map(([name, { shape: whole }]) => {
      const share = (whole[0] as number) / count
      return [name, split.has(name) ? [share, ...whole.slice(1)] : whole] as const
    })
    const results = f(placeholders(backend, inputs, Object.fromEntries(shapes)) as I)
    for (const [name, tensor] of Object.entries(results)) lazies.set(name, { ...backend.lazy(tensor) })
  })
  const values = [...lazies.values()].map(straightened)
  const outputs = [...new Set(values)]
  const apart = backend.device === 'cpu' && !backend.runtime.queued
  const inputParts = apart ? takeInputsApart(outputs, name => split.has(name)) : new Map()
  const parts = apart ? takeOutputsApart(outputs) : outputs.map(output => [output])
  return { lazies, values, outputs, parts, inputParts, program: collectProgram(parts.flat()) }
}

/** The largest number of equal shares of a batch that are not too small. */
function shareCount(
  sizes: readonly number[],
  { most, smallestShare }: { most: number; smallestShare: number },
): number {
  const [size = 1] = sizes
  if (sizes.some(other => other !== size)) return 1
  let count = Math.max(1, Math.min(most, Math.floor(size / smallestShare)))
  while (size % count !== 0) count--
  return count
}

/** A tensor without numbers for each input. */
export function placeholders(
  backend: OnnxBackend,
  inputs: Tensors,
  shapes: Readonly<Record<string, readonly number[]>>,
): Tensors {
  const entries = Object.entries(inputs).map(([name, { dtype }]) => {
    const type = dtype as ComputedType
    const shape = shapes[name] as readonly number[]
    const value: Value = { shape, type, origin: { kind: 'input', name, dims: shape }, holders: 0 }
    const { dataId } = backend.tensor({ shape, dtype: type, order: identityOrder(shape.length), value })
    return [name, tf.engine().makeTensorFromDataId(dataId, [...shape], type)] as const
  })
  return Object.fromEntries(entries)
}

function replay(backend: OnnxBackend, { graph, sources, parts, results }: Plan, inputs: Tensors): Tensors {
  const arrayOf = (name: string): AnyArray => backend.array((inputs[name] as tf.Tensor).dataId)
  const arrays = sources.map((source, i): AnyArray => {
    if (typeof source === 'string') return arrayOf(source)
    if (!('start' in source)) return source
    const { dims } = graph.inputs[i] as RuntimePort
    return (arrayOf(source.name) as FedArray).subarray(source.start, source.start + sizeOf(dims))
  })
  const values = runOn(backend, { graph, parts }, arrays)
  const tensors = results.map(({ name, shape, dtype, at }) => {
    const lazy = { shape, dtype, order: identityOrder(shape.length), value: values[at] as Value }
    return [name, tf.engine().makeTensorFromDataId(backend.tensor(lazy).dataId, shape, dtype)] as const
  })
  return Object.fromEntries(tensors)
}

/** The outputs of the function, computed. */
function runOn(
  { executor }: OnnxBackend,
  { graph, parts }: Pick<Plan, 'graph' | 'parts'>,
  arrays: readonly AnyArray[],
): Value[] {
  const value = ({ dims, type }: Omit<RuntimePort, 'name'>, array: AnyArray): Value => ({
    shape: dims,
    type,
    origin: originOf(array),
    holders: 0,
  })
  if (parts.every(count => count === 1)) {
    return executor.run(graph, arrays).map((array, i) => value(graph.outputs[i] as RuntimePort, array))
  }
  const results: FedArray[] = []
  let at = 0
  const wholes = parts.map(count => {
    const ports = graph.outputs.slice(at, (at += count))
    const { type, dims } = ports[0] as RuntimePort
    const length = ports.reduce((sum, port) => sum + sizeOf(port.dims), 0)
    const whole = executor.pool.take(type, length)
    let start = 0
    for (const port of ports) results.push(whole.subarray(start, (start += sizeOf(port.dims))))
    return value({ type, dims: count === 1 ? dims : [length] }, whole)
  })
  executor.runInto(graph, { arrays: arrays as readonly FedArray[], results })
  return wholes
}
