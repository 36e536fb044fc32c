/**
 * `compile` turns a function of tensors into one that runs a prebuilt graph. Recording a train step takes thousands of small JavaScript
 * calls; a compiled step takes none after the first call.
 *
 * The function must be pure and must not read values. Tensors that it closes over are constants of the graph, with the values of the
 * first call. One graph is built per combination of input shapes and dtypes. On other backends, the function is called directly.
 */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { identityLayout, sizeOf } from './graph/layout.ts'
import { collectProgram, type Program } from './graph/program.ts'
import { type InputPart, splitInputs, splitOutputs } from './graph/split-vectors.ts'
import { type FedArray, originOf, type Value } from './graph/value.ts'
import { type ComputedType, type Lazy, rowMajorValue } from './lazy.ts'
import { type AnyArray, fedLeaves, type Graph } from './runtime/executor.ts'
import type { RuntimePort } from './runtime/runtime.ts'

/** Each property of `T` is a tensor; optional ones may be absent. */
export type TensorRecord<T> = { readonly [K in keyof T]: tf.Tensor | undefined }

type Tensors = Readonly<Record<string, tf.Tensor>>

export interface Compiled<I extends TensorRecord<I>, O extends TensorRecord<O>> {
  /** Reads the inputs without disposing of them; the caller owns the results. */
  (inputs: I): O
  /** Releases the graphs. A later call builds them again. */
  dispose(): void
}

/** A graph, the sources of its inputs, and the mapping of its results to the outputs of the function. */
interface Plan {
  readonly graph: Graph
  /** For each graph input: the name of a function input, a part of one, or a constant array. */
  readonly sources: readonly (string | InputPart | AnyArray)[]
  /** For each output of the function, the number of graph results that are concatenated in it. */
  readonly parts: readonly number[]
  readonly results: readonly {
    readonly name: string
    readonly shape: number[]
    readonly dtype: ComputedType
    readonly at: number
  }[]
}

export interface CompileOptions<I> {
  /**
   * Inputs whose first dimension is the batch. `f` may then run on equal shards of the batch, in parallel on threads and in sequence
   * where a shard would need too much memory. Its results are averaged, so every result must be a mean over the batch.
   */
  readonly batch?: readonly (keyof I)[]
  /** Minimum number of images in a shard. Default: 8. */
  readonly minShardSize?: number
}

/** Returns `f` as a function that records its graph on the first call and replays it on later ones. */
export function compile<I extends TensorRecord<I>, O extends TensorRecord<O>>(
  f: (inputs: I) => O,
  options: CompileOptions<I> = {},
): Compiled<I, O> {
  const plans = new Map<string, Plan>()
  const record = (tensors: Tensors) => presentOnly(f(tensors as Tensors & I))
  const { batch = [], minShardSize = 8 } = options
  const run = (inputs: I): O => {
    const backend = tf.backend()
    if (!(backend instanceof OnnxBackend)) return untracked(f, inputs)
    backend.flush()
    const tensors = presentOnly(inputs)
    const key = Object.entries(tensors)
      .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape}]`)
      .sort()
      .join()
    let plan = plans.get(key)
    if (plan === undefined) {
      plans.set(key, (plan = makePlan(backend, record, { inputs: tensors, batch: batch.map(String), minShardSize })))
    }
    return replay(backend, plan, tensors) as O
  }
  const dispose = () => {
    for (const { graph } of plans.values()) graph.session.dispose()
    plans.clear()
  }
  return Object.assign(run, { dispose })
}

/** Calls `f` on another backend, and disposes of the intermediate tensors. */
function untracked<I, O>(f: (inputs: I) => O, inputs: I): O {
  let result: O | undefined
  tf.tidy(() => {
    result = f(inputs)
    return { ...result } as tf.TensorContainerObject
  })
  return result as O
}

/** The inputs without absent ones. */
export const presentOnly = <I extends TensorRecord<I>>(inputs: I): Tensors =>
  Object.fromEntries(Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined))

function makePlan(
  backend: OnnxBackend,
  f: (inputs: Tensors) => Tensors,
  { inputs, batch, minShardSize }: { inputs: Tensors; batch: readonly string[]; minShardSize: number },
): Plan {
  const split = new Set(batch.filter(name => name in inputs))
  const sizes = [...split].map(name => inputs[name]?.shape[0] as number)
  const threads = shardCount(sizes, { most: backend.executor.parallelism, minShardSize })
  let count = threads
  let recording = record(backend, f, { inputs, split, count })
  while (
    backend.executor.splits &&
    intermediateBytes(recording.program) > maxShardBytes &&
    (sizes[0] ?? 1) % (2 * count) === 0
  ) {
    if ((sizes[0] as number) / (2 * count) < minShardSize) break
    count *= 2
    recording = record(backend, f, { inputs, split, count })
  }
  const { lazies, values, outputs, parts, inputParts, program } = recording
  const sources = fedLeaves(program).map(value => inputParts.get(value) ?? sourceOf(value))
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

/** The name of an input, or a copy of an array that the function closes over. */
export function sourceOf(value: Value): string | AnyArray {
  const { origin } = value
  if (origin.kind === 'input') return origin.name
  if (origin.kind !== 'remote') return (origin as { data: FedArray }).data.slice()
  value.refCount++ // the graph holds a reference until it is disposed of
  return origin.array
}

/** Bytes of all intermediate results above which a shard is halved; a train step holds about a third of them at once. */
const maxShardBytes = 3 * 2 ** 30

/** Bytes of all node outputs, except those of Reshape, which shares its input's memory. */
const intermediateBytes = ({ nodes }: Program): number =>
  nodes
    .filter(({ op }) => op !== 'Reshape')
    .flatMap(({ outputs }) => outputs)
    .reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)

interface Recorded {
  readonly lazies: ReadonlyMap<string, Lazy>
  readonly values: readonly Value[]
  readonly outputs: readonly Value[]
  /** The graph results of each output, see `splitOutputs`. */
  readonly parts: readonly (readonly Value[])[]
  readonly inputParts: ReadonlyMap<Value, InputPart>
  readonly program: Program
}

/** Records `f` for one of `count` shards of the batch. */
function record(
  backend: OnnxBackend,
  f: (inputs: Tensors) => Tensors,
  { inputs, split, count }: { inputs: Tensors; split: ReadonlySet<string>; count: number },
): Recorded {
  const lazies = new Map<string, Lazy>()
  backend.trace(() => {
    const shapes = Object.entries(inputs).map(([name, { shape: whole }]) => {
      const shard = (whole[0] as number) / count
      return [name, split.has(name) ? [shard, ...whole.slice(1)] : whole] as const
    })
    const results = f(placeholders(backend, inputs, Object.fromEntries(shapes)))
    for (const [name, tensor] of Object.entries(results)) lazies.set(name, { ...backend.lazy(tensor) })
  })
  const values = [...lazies.values()].map(rowMajorValue)
  const outputs = [...new Set(values)]
  const splitsVectors = backend.device === 'cpu' && !backend.runtime.queued
  const inputParts = splitsVectors ? splitInputs(outputs, name => split.has(name)) : new Map()
  const parts = splitsVectors ? splitOutputs(outputs) : outputs.map(output => [output])
  return { lazies, values, outputs, parts, inputParts, program: collectProgram(parts.flat()) }
}

/** The largest number of equal shards with at least `minShardSize` images each. */
function shardCount(sizes: readonly number[], { most, minShardSize }: { most: number; minShardSize: number }): number {
  const [size = 1] = sizes
  if (sizes.some(other => other !== size)) return 1
  let count = Math.max(1, Math.min(most, Math.floor(size / minShardSize)))
  while (size % count !== 0) count--
  return count
}

/** A tensor without values per input. */
export function placeholders(
  backend: OnnxBackend,
  inputs: Tensors,
  shapes: Readonly<Record<string, readonly number[]>>,
): Tensors {
  const entries = Object.entries(inputs).map(([name, { dtype }]) => {
    const type = dtype as ComputedType
    const shape = shapes[name] as readonly number[]
    const value: Value = { shape, type, origin: { kind: 'input', name, dims: shape }, refCount: 0 }
    const { dataId } = backend.tensor({ shape, dtype: type, layout: identityLayout(shape.length), value })
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
    const lazy = { shape, dtype, layout: identityLayout(shape.length), value: values[at] as Value }
    return [name, tf.engine().makeTensorFromDataId(backend.tensor(lazy).dataId, shape, dtype)] as const
  })
  return Object.fromEntries(tensors)
}

/** Runs the graph and returns the outputs of the function. */
function runOn(
  { executor }: OnnxBackend,
  { graph, parts }: Pick<Plan, 'graph' | 'parts'>,
  arrays: readonly AnyArray[],
): Value[] {
  const value = ({ dims, type }: Omit<RuntimePort, 'name'>, array: AnyArray): Value => ({
    shape: dims,
    type,
    origin: originOf(array),
    refCount: 0,
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
