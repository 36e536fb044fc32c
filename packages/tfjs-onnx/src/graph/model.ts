/**
 * Writes a program as an ONNX model. Fed values become graph inputs or initializers, constants become initializers, fills become
 * ConstantOfShape nodes.
 */

import { OnnxBackendError } from '../errors.ts'
import { toFloat16 } from './float16.ts'
import {
  type AttributeProto,
  type Bytes,
  encodeModel,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx-format.ts'
import type { Program } from './program.ts'
import type { AttributeValue, ElementType, FedArray, Node, Value } from './value.ts'

/** The ONNX operator set version. */
export const opset = 17
const irVersion = 8

/** Element types of the ONNX format. */
const elementNumbers = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const satisfies Record<ElementType, number>

const attributeNumbers = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 } as const

export interface ModelPorts {
  readonly inputs: ReadonlyMap<string, Value>
  readonly outputs: ReadonlyMap<string, Value>
  /** Constants to compute by additional nodes instead of storing them, with the name of the result. */
  readonly computed?: ReadonlyMap<Value, { readonly nodes: readonly NodeProto[]; readonly name: string }>
  /** Declared dimensions of a port, if they differ from the shape of its value. */
  readonly dims?: ReadonlyMap<Value, readonly (number | string)[]>
  /** Values to store as float16, if they are float32 arrays of at least 16 elements; a Cast widens them. */
  readonly halved?: ReadonlySet<Value>
  readonly name?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Every fed value that is not an input becomes an initializer. */
export function writeModel(program: Program, ports: ModelPorts): Bytes {
  const names = new Map(program.names)
  const extra: NodeProto[] = []
  for (const [value, { nodes, name }] of ports.computed ?? []) {
    extra.push(...nodes)
    names.set(value, name)
  }
  for (const [name, value] of ports.inputs) names.set(value, name)
  const identities = nameOutputs(names, ports, program)
  const dimsOf = (value: Value): readonly (number | string)[] => ports.dims?.get(value) ?? value.shape
  const given = new Set(ports.inputs.values())
  const stored = program.leaves.filter(leaf => !given.has(leaf) && !ports.computed?.has(leaf))
  const isHalved = (leaf: Value): boolean => ports.halved?.has(leaf) === true && halvable(leaf)
  const graph = {
    name: ports.name ?? 'tfjs',
    node: [
      ...extra,
      ...stored.flatMap(leaf => fillNode(leaf, names.get(leaf) as string)),
      ...stored.filter(isHalved).map(leaf => widened(names.get(leaf) as string)),
      ...program.nodes.map(node => nodeProto(node, names)),
      ...identities,
    ],
    initializer: stored.flatMap(leaf => initializer(leaf, names.get(leaf) as string, isHalved(leaf))),
    input: [...ports.inputs].map(([name, value]) => portProto(name, value.type, dimsOf(value))),
    output: [...ports.outputs].map(([name, value]) => portProto(name, value.type, dimsOf(value))),
  }
  const domains = [...new Set(program.nodes.map(node => node.domain))].filter(domain => domain !== '')
  return encodeModel({
    irVersion,
    producerName: '@mixflow/tfjs-onnx',
    graph,
    opsetImport: [{ domain: '', version: opset }, ...domains.map(domain => ({ domain, version: 1 }))],
    metadataProps: Object.entries(ports.metadata ?? {}).map(([key, value]) => ({ key, value })),
  }) as Bytes
}

/** Names the output ports; a leaf, or a value of two ports, passes through an Identity. */
function nameOutputs(names: Map<Value, string>, ports: ModelPorts, program: Program): NodeProto[] {
  const taken = new Set<Value>(program.leaves)
  const identities: NodeProto[] = []
  for (const [name, value] of ports.outputs) {
    if (taken.has(value)) {
      identities.push({ opType: 'Identity', input: [names.get(value) as string], output: [name] })
    } else {
      taken.add(value)
      names.set(value, name)
    }
  }
  return identities
}

const nodeProto = (node: Node, names: ReadonlyMap<Value, string>): NodeProto => ({
  opType: node.op,
  domain: node.domain,
  input: node.inputs.map(input => (input === null ? '' : (names.get(input) as string))),
  output: node.outputs.map((output, i) => names.get(output) ?? `unused_${node.id}_${i}`),
  attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
})

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeNumbers.int, i: value }
  if (typeof value === 'string') return { name, type: attributeNumbers.string, s: value }
  if ('float' in value) return { name, type: attributeNumbers.float, f: value.float }
  return { name, type: attributeNumbers.ints, ints: value }
}

const portProto = (name: string, type: ElementType, dims: readonly (number | string)[]): ValueInfoProto => ({
  name,
  type: { tensorType: { elemType: elementNumbers[type], shape: { dim: dims.map(dimension) } } },
})

const dimension = (size: number | string) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size })

function initializer(value: Value, name: string, halved: boolean): TensorProto[] {
  const { origin } = value
  if (origin.kind === 'remote') {
    throw new OnnxBackendError('TRACE_INVALID', 'the function closes over a tensor in the memory of the device', {
      hint: 'copy it first: tf.tensor(await x.data(), x.shape)',
    })
  }
  if (origin.kind !== 'constant' && origin.kind !== 'fed') return []
  return [halved ? halfTensor(name, value) : tensorProto(name, value, origin.data)]
}

/** Small arrays keep full precision. */
const halvable = ({ type, origin }: Value): boolean =>
  type === 'float32' && origin.kind === 'fed' && origin.data.length >= 16

function halfTensor(name: string, { shape, origin }: Value): TensorProto {
  const { buffer } = toFloat16((origin as { data: Float32Array }).data)
  return { name: `${name}_half`, dims: shape, dataType: elementNumbers.float16, rawData: new Uint8Array(buffer) }
}

const widened = (name: string): NodeProto => ({
  opType: 'Cast',
  input: [`${name}_half`],
  output: [name],
  attribute: [attributeProto('to', elementNumbers.float32)],
})

const tensorProto = (
  name: string,
  { shape, type }: Pick<Value, 'shape' | 'type'>,
  data: FedArray | readonly number[],
): TensorProto => ({ name, dims: shape, dataType: elementNumbers[type], rawData: rawBytes(type, data) })

function rawBytes(type: ElementType, data: FedArray | readonly number[]): Bytes {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  const array =
    type === 'int64'
      ? BigInt64Array.from(data, BigInt)
      : type === 'int32'
        ? Int32Array.from(data)
        : type === 'bool'
          ? Uint8Array.from(data)
          : Float32Array.from(data)
  return new Uint8Array(array.buffer)
}

/** A fill as a node, with its shape as a constant and its value as an attribute. */
function fillNode(value: Value, name: string): NodeProto[] {
  if (value.origin.kind !== 'fill') return []
  const shapeName = `${name}_shape`
  return [
    constantNode(shapeName, { shape: [value.shape.length], type: 'int64' }, value.shape),
    filledFrom(shapeName, name, { type: value.type, value: value.origin.value }),
  ]
}

const tensorAttribute = (kind: Pick<Value, 'shape' | 'type'>, data: readonly number[]): AttributeProto => ({
  name: 'value',
  type: attributeNumbers.tensor,
  t: tensorProto('', kind, data),
})

export const constantNode = (
  name: string,
  kind: Pick<Value, 'shape' | 'type'>,
  data: readonly number[],
): NodeProto => ({
  opType: 'Constant',
  output: [name],
  attribute: [tensorAttribute(kind, data)],
})

/** A node that fills an array of the shape `shapeName`. */
export const filledFrom = (shapeName: string, name: string, fill: { type: ElementType; value: number }): NodeProto => ({
  opType: 'ConstantOfShape',
  input: [shapeName],
  output: [name],
  attribute: [tensorAttribute({ shape: [1], type: fill.type }, [fill.value])],
})
