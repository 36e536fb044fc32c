/**
 * The elements of a recording. A `Value` is an array of a graph, in its physical shape. Its origin is a node, an array that is fed when the
 * graph runs (on the host or on the device), a constant of the graph, or an input that `trace` leaves open. A `Node` is one ONNX
 * operator. Values refer to the nodes that produce them, so unreachable nodes are garbage collected and never run.
 */

import { type Shape, sizeOf } from './layout.ts'

/** Element types as ONNX names them; tfjs itself has float32, int32 and bool. */
export type ElementType = 'float32' | 'int32' | 'bool' | 'int64' | 'float16' | 'float64'

export type FedArray = Float32Array | Int32Array | Uint8Array

/** An array on the device, which may not be computed yet. */
export interface RemoteArray {
  readonly type: 'float32' | 'int32' | 'bool'
  readonly dims: readonly number[]
  /** Copies the numbers. @throws OnnxBackendError RUNTIME_FAILED if the run that computes it failed */
  read(): Promise<FedArray>
  /** The same, where the runtime can wait. */
  readSync?(): FedArray
  /** Releases it after the runs and reads that are already queued. */
  dispose(): void
}

export type Origin =
  | { readonly kind: 'node'; readonly node: Node }
  | { readonly kind: 'fed'; readonly data: FedArray }
  | { readonly kind: 'remote'; readonly array: RemoteArray }
  | { readonly kind: 'constant'; readonly data: readonly number[] }
  | { readonly kind: 'fill'; readonly value: number }
  | { readonly kind: 'input'; readonly name: string; readonly dims: readonly (number | string)[] }

export interface Value {
  readonly shape: Shape
  readonly type: ElementType
  origin: Origin
  /** Number of tensors that reference this value; at 0, its array can be reused. */
  refCount: number
}

export type AttributeValue = number | string | readonly number[] | { readonly float: number }

export interface Node {
  readonly id: number
  readonly op: string
  readonly domain: string
  readonly inputs: readonly (Value | null)[]
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly outputs: readonly Value[]
  /** The node without its inputs, as part of the graph's signature. */
  readonly key: string
}

export interface NodeSpec {
  readonly op: string
  readonly inputs: readonly (Value | null)[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Empty for standard ONNX operators. */
  readonly domain?: string
  readonly outputs: readonly { readonly shape: Shape; readonly type: ElementType }[]
}

let lastNodeId = 0

export function emitAll(spec: NodeSpec): Value[] {
  const attributes = spec.attributes ?? {}
  const domain = spec.domain ?? ''
  const outputs: Value[] = []
  const sizes = spec.outputs.map(output => `${output.type}[${output.shape}]`)
  const node: Node = {
    id: ++lastNodeId,
    op: spec.op,
    domain,
    inputs: spec.inputs,
    attributes,
    outputs,
    key: `${domain}:${spec.op}${attributesKey(attributes)}${sizes}`,
  }
  const origin: Origin = { kind: 'node', node }
  for (const { shape, type } of spec.outputs) outputs.push({ shape, type, origin, refCount: 0 })
  return outputs
}

const attributesKey = (attributes: Readonly<Record<string, AttributeValue>>): string => {
  let key = '{'
  for (const name in attributes) {
    const value = attributes[name]
    key += `${name}=${typeof value === 'object' && 'float' in value ? `f${value.float}` : value};`
  }
  return `${key}}`
}

/** Records an operator with one output. `shape` is the physical shape of the result. */
export function emit(
  op: string,
  inputs: readonly (Value | null)[],
  result: {
    shape: Shape
    type?: ElementType
    attributes?: Readonly<Record<string, AttributeValue>>
    domain?: string
  },
): Value {
  const first = inputs.find(input => input !== null)
  const type = result.type ?? (first?.type as ElementType)
  const { attributes = {}, domain = '' } = result
  return emitAll({ op, inputs, attributes, domain, outputs: [{ shape: result.shape, type }] })[0] as Value
}

/** An int64 vector, as ONNX wants shapes, axes and pads. */
export const integers = (data: readonly number[]): Value => ({
  shape: [data.length],
  type: 'int64',
  origin: { kind: 'constant', data },
  refCount: 0,
})

/** A scalar that is part of the graph. */
export const scalar = (value: number, type: ElementType = 'float32'): Value => ({
  shape: [],
  type,
  origin: { kind: 'constant', data: [value] },
  refCount: 0,
})

/** An array of one value, which is neither fed nor stored. */
export const filled = (shape: Shape, value: number, type: ElementType): Value => ({
  shape,
  type,
  origin: { kind: 'fill', value },
  refCount: 0,
})

export const fed = (shape: Shape, type: ElementType, data: FedArray): Value => ({
  shape,
  type,
  origin: { kind: 'fed', data },
  refCount: 0,
})

/** The origin of a computed or fed array. */
export const originOf = (array: FedArray | RemoteArray): Origin =>
  'read' in array ? { kind: 'remote', array } : { kind: 'fed', data: array }

/** The value with another physical shape of the same size. */
export function reshaped(value: Value, shape: Shape): Value {
  if (value.shape.length === shape.length && value.shape.every((size, i) => size === shape[i])) return value
  if (value.origin.kind === 'fill') return filled(shape, value.origin.value, value.type)
  const target = sizeOf(shape) === 0 ? { allowzero: 1 } : {}
  return emit('Reshape', [value, integers(shape)], { shape, attributes: target })
}

export function transposed(value: Value, permutation: readonly number[]): Value {
  if (permutation.every((dimension, i) => dimension === i)) return value
  const shape = permutation.map(dimension => value.shape[dimension] as number)
  if (value.origin.kind === 'fill') return filled(shape, value.origin.value, value.type)
  return emit('Transpose', [value], { shape, attributes: { perm: permutation } })
}
