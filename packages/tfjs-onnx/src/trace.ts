/**
 * Exports tfjs code as an ONNX model: `trace` runs a function once on placeholders and writes the recorded graph.
 *
 * tfjs has only concrete shapes, so a free dimension is found by recording twice, at two sizes. The recordings must be the same graph;
 * the integers in which they differ (targets of reshapes, sizes of fills) must be linear in the free dimension, and the graph computes
 * them from the shape of an input. Comparing two runs is common in tracing compilers. Decisions that depend on values, and shapes that
 * are not linear, are refused.
 */

import * as tf from '@tensorflow/tfjs-core'
import type { OnnxBackend } from './backend.ts'
import { OnnxBackendError } from './errors.ts'
import { constantNode, filledFrom, type ModelPorts, writeModel } from './graph/model.ts'
import type { Bytes, NodeProto } from './graph/onnx-format.ts'
import { collectProgram, type Program } from './graph/program.ts'
import type { Value } from './graph/value.ts'
import { type ComputedType, rowMajorValue } from './lazy.ts'
import { backendName } from './use-onnx-backend.ts'

/** The shape of an input; a name, the same everywhere, is the free dimension. */
export type Dims = readonly (number | string)[]

export type InputSpec = Dims | { readonly dims: Dims; readonly dtype: ComputedType }

export interface TraceOptions {
  /** Name of the graph. */
  readonly name?: string
  /**
   * Storage type of the weights, which are the tensors that the function closes over. float16 weights are widened when the model is
   * loaded; constants that the function creates (frequencies, masks) stay float32. Default: `float32`.
   */
  readonly weights?: 'float32' | 'float16'
  /** Stored in the model. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** One tensor (named "output"), or several by name. */
export type TraceResult = tf.Tensor | Record<string, tf.Tensor>

/** Two sizes of the free dimension that no other dimension is likely to have. */
const sizes = [11, 13] as const

interface Recording {
  readonly program: Program
  readonly inputs: ReadonlyMap<string, Value>
  readonly outputs: ReadonlyMap<string, Value>
}

/**
 * Records `f`, called with one placeholder per entry of `specs`, in order, and returns the model as bytes (ONNX, opset 17, standard
 * operators only). Tensors that `f` closes over become initializers.
 *
 * @throws OnnxBackendError TRACE_INVALID if the onnx backend is not the current one, if `f` reads a value, or if its graph is not linear in
 *   the free dimension
 */
export function trace(
  f: (...inputs: tf.Tensor[]) => TraceResult,
  specs: Readonly<Record<string, InputSpec>>,
  options: TraceOptions = {},
): Bytes {
  const backend = currentBackend()
  const free = freeDimension(specs)
  const recording = record(backend, f, { specs, size: sizes[0] })
  const { program, inputs, outputs } = recording
  const rest = {
    ...(options.name ? { name: options.name } : {}),
    ...(options.metadata ? { metadata: options.metadata } : {}),
  }
  if (free === null && options.weights !== 'float16') return writeModel(program, { inputs, outputs, ...rest })
  const other = record(backend, f, { specs, size: sizes[1] })
  const halved = options.weights === 'float16' ? closedOver(recording, other) : new Set<Value>()
  const difference = free === null ? {} : compare(recording, other, free)
  return writeModel(program, { inputs, outputs, halved, ...difference, ...rest })
}

/** The leaves of both recordings; a tensor that the function creates is a different one each time. */
function closedOver(one: Recording, two: Recording): Set<Value> {
  const again = new Set(two.program.leaves)
  return new Set(one.program.leaves.filter(leaf => again.has(leaf)))
}

function currentBackend(): OnnxBackend {
  if (tf.getBackend() === backendName) return tf.backend() as OnnxBackend
  throw refuse(
    `trace() requires the onnx backend, but the current one is "${tf.getBackend()}"`,
    'call await useOnnxBackend() first',
  )
}

const refuse = (message: string, hint: string): OnnxBackendError =>
  new OnnxBackendError('TRACE_INVALID', message, { hint })

const dimsOf = (spec: InputSpec): Dims => ('dims' in spec ? spec.dims : spec)
const dtypeOf = (spec: InputSpec): ComputedType => ('dims' in spec ? spec.dtype : 'float32')

function freeDimension(specs: Readonly<Record<string, InputSpec>>): string | null {
  const names = new Set(Object.values(specs).flatMap(spec => dimsOf(spec).filter(size => typeof size === 'string')))
  if (names.size > 1) {
    throw refuse(`only one free dimension is supported, got ${[...names].join(', ')}`, 'use numbers for the others')
  }
  return ([...names][0] as string | undefined) ?? null
}

// ---- recording -----------------------------------------------------------------------------------------------------

interface RecordRequest {
  readonly specs: Readonly<Record<string, InputSpec>>
  readonly size: number
}

function record(backend: OnnxBackend, f: (...inputs: tf.Tensor[]) => TraceResult, request: RecordRequest): Recording {
  const inputs = new Map<string, Value>()
  const outputs = new Map<string, Value>()
  backend.trace(
    () => {
      const placeholders = Object.entries(request.specs).map(([name, spec]) => {
        const placeholder = makePlaceholder(backend, name, { spec, size: request.size })
        inputs.set(name, placeholder.value)
        return placeholder.tensor
      })
      const result = f(...placeholders)
      const named = result instanceof tf.Tensor ? { output: result } : result
      for (const [name, tensor] of Object.entries(named)) outputs.set(name, rowMajorValue(backend.lazy(tensor)))
    },
    { standard: true },
  )
  return { program: collectProgram([...outputs.values()]), inputs, outputs }
}

function makePlaceholder(backend: OnnxBackend, name: string, { spec, size }: { spec: InputSpec; size: number }) {
  const shape = dimsOf(spec).map(dim => (typeof dim === 'string' ? size : dim))
  const type = dtypeOf(spec)
  const value: Value = { shape, type, origin: { kind: 'input', name, dims: dimsOf(spec) }, refCount: 0 }
  const { dataId } = backend.tensor({ shape, dtype: type, layout: [...shape.keys()], value })
  return { value, tensor: tf.engine().makeTensorFromDataId(dataId, shape, type) }
}

// ---- the free dimension --------------------------------------------------------------------------------------------

/** Integers to compute from the free dimension, and sizes to declare by name. */
function compare(one: Recording, two: Recording, free: string): Pick<ModelPorts, 'computed' | 'dims'> {
  const differ = (what: string) =>
    refuse(
      `the graph depends on "${free}" beyond its shapes: ${what}`,
      'a traced function must record the same operators for every size of the free dimension',
    )
  const [a, b] = [one.program, two.program]
  if (a.nodes.length !== b.nodes.length) throw differ(`${a.nodes.length} or ${b.nodes.length} operators`)
  a.nodes.forEach((node, i) => {
    const other = b.nodes[i]
    if (other === undefined || structure(a, i) !== structure(b, i)) throw differ(`operator ${node.op} or ${other?.op}`)
  })
  const size = sizeSource(one, free)
  const targets = new Set(a.nodes.filter(node => node.op === 'Reshape').map(node => node.inputs[1]))
  const computed = new Map<Value, { nodes: NodeProto[]; name: string }>()
  a.leaves.forEach((leaf, i) => {
    const other = b.leaves[i] as Value
    const formula = linear(leaf, other, differ)
    if (formula === null) return
    const dynamic = formula.slope.filter(factor => factor !== 0).length
    const name = a.names.get(leaf) as string
    if (targets.has(leaf) && dynamic === 1) computed.set(leaf, { name, nodes: [inferredTarget(leaf, name, formula)] })
    else computed.set(leaf, { name, nodes: computedLeaf(leaf, name, { ...formula, size: size.name }) })
  })
  if ([...computed.values()].some(({ nodes }) => nodes.length > 1)) {
    const [first] = computed.values()
    first?.nodes.unshift(...size.nodes)
  }
  return { computed, dims: declaredDims(one, two, free) }
}

/** Operator, attributes and input names of a node, without sizes. */
function structure(program: Program, index: number): string {
  const node = program.nodes[index]
  if (node === undefined) return ''
  return `${node.domain}${node.op}${JSON.stringify(node.attributes)}${node.inputs.map(input => input && program.names.get(input))}`
}

interface Linear {
  readonly slope: readonly number[]
  readonly offset: readonly number[]
}

/** The integers of a leaf as slope · size + offset; null if they do not change. */
function linear(one: Value, two: Value, differ: (what: string) => Error): Linear | null {
  const [a, b] = [numbersOf(one), numbersOf(two)]
  if (a === null || b === null) {
    if (one.origin.kind === 'fed' && two.origin.kind === 'fed' && !sameBytes(one.origin.data, two.origin.data)) {
      throw differ('a tensor made from numbers')
    }
    return null
  }
  if (a.length !== b.length) throw differ('a list of sizes')
  if (one.origin.kind === 'fill' && two.origin.kind === 'fill' && one.origin.value !== two.origin.value)
    throw differ('a fill')
  const slope = a.map((value, i) => ((b[i] as number) - value) / (sizes[1] - sizes[0]))
  if (slope.every(factor => factor === 0)) return null
  if (one.type === 'float32' && one.origin.kind === 'constant') throw differ('a constant')
  if (!slope.every(Number.isInteger)) throw differ('sizes that are not linear in it')
  return { slope, offset: a.map((value, i) => value - (slope[i] as number) * sizes[0]) }
}

const numbersOf = (value: Value): readonly number[] | null =>
  value.origin.kind === 'constant' ? value.origin.data : value.origin.kind === 'fill' ? value.shape : null

const sameBytes = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a === b || (a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]))

/** Reshape can infer one size, without arithmetic. */
const inferredTarget = (leaf: Value, name: string, { slope, offset }: Linear): NodeProto =>
  constantNode(
    name,
    leaf,
    slope.map((factor, i) => (factor === 0 ? (offset[i] as number) : -1)),
  )

function computedLeaf(leaf: Value, name: string, { slope, offset, size }: Linear & { size: string }): NodeProto[] {
  const vector = { shape: [slope.length], type: 'int64' } as const
  const sum = leaf.origin.kind === 'fill' ? `${name}_dims` : name
  const nodes = [
    constantNode(`${name}_slope`, vector, slope),
    constantNode(`${name}_offset`, vector, offset),
    { opType: 'Mul', input: [size, `${name}_slope`], output: [`${name}_scaled`] },
    { opType: 'Add', input: [`${name}_scaled`, `${name}_offset`], output: [sum] },
  ]
  if (leaf.origin.kind === 'fill') nodes.push(filledFrom(sum, name, { type: leaf.type, value: leaf.origin.value }))
  return nodes
}

/** Nodes that read the size of the free dimension, as a vector of one element, from the first input that has it. */
function sizeSource({ inputs }: Recording, free: string): { name: string; nodes: NodeProto[] } {
  for (const [input, { origin }] of inputs) {
    const axis = origin.kind === 'input' ? origin.dims.indexOf(free) : -1
    if (axis < 0) continue
    return {
      name: 'free_size',
      nodes: [
        { opType: 'Shape', input: [input], output: ['free_shape'] },
        constantNode('free_axis', { shape: [1], type: 'int64' }, [axis]),
        { opType: 'Gather', input: ['free_shape', 'free_axis'], output: ['free_size'] },
      ],
    }
  }
  throw new Error(`no input has the dimension ${free}`)
}

/** Sizes to declare for inputs and outputs. */
function declaredDims(one: Recording, two: Recording, free: string): Map<Value, Dims> {
  const dims = new Map<Value, Dims>()
  for (const value of one.inputs.values()) if (value.origin.kind === 'input') dims.set(value, value.origin.dims)
  for (const [name, value] of one.outputs) {
    const other = two.outputs.get(name)?.shape ?? []
    const declared = value.shape.map((size, i) => {
      const slope = ((other[i] as number) - size) / (sizes[1] - sizes[0])
      return slope === 0 ? size : size === sizes[0] ? free : `${free}_times_${slope}`
    })
    dims.set(value, declared)
  }
  return dims
}
