/**
 * Checks an ONNX file before a runtime opens it: it must be self-contained (no external data, functions or subgraphs), use only
 * operators of a list, and have the manifest's inputs and outputs. Weights are skipped by their length, so the check is fast. Hashes
 * alone are no protection, since anyone can write a manifest.
 *
 * Source: onnx.proto (field numbers) and the wire format of Protocol Buffers.
 */
import { MixflowError } from '../errors.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { NetworkPorts, Port } from '../format/network-ports.ts'

/** Standard operators that compute tensors from tensors: no loops, branches, random numbers or file access. */
const allowed = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast CastLike Ceil Celu Clip
  Concat Constant ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DFT DepthToSpace Div Einsum Elu Equal Erf Exp Expand
  Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual
  GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less
  LessOrEqual Log LogSoftmax MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or PRelu Pad Pow Range Reciprocal
  ReduceL1 ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
  Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split
  Sqrt Squeeze Sub Sum Tan Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor`.split(/\s+/),
)

export interface GraphFacts {
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

/** @throws MixflowError MODEL_INVALID naming the file and what is wrong with it */
export function checkGraph(bytes: Uint8Array, { file, ports }: GraphFacts): void {
  const refuse = (message: string): never => {
    throw new MixflowError('MODEL_INVALID', `${file.path} ${message}`, {
      hint: 'the file matches the manifest, so the export is at fault: export the model again',
      details: { path: file.path },
    })
  }
  const graph = readGraph(bytes) ?? refuse('is no ONNX model')
  if (graph.functions > 0) refuse('defines functions of its own')
  if (graph.hasExternalData) refuse('stores weights in other files; they must be inside it')
  const unknown = graph.operators.filter(name => !allowed.has(name))
  if (unknown.length > 0) refuse(`uses operators that are not allowed: ${[...new Set(unknown)].sort().join(', ')}`)
  for (const kind of ['inputs', 'outputs'] as const) {
    const has = listed(graph[kind])
    const needs = listed(ports[kind].map(port => ({ ...port, type: port.dtype })))
    if (has !== needs) refuse(`has the ${kind} ${has}; the manifest says ${needs}`)
  }
}

interface GraphPort extends Pick<Port, 'name' | 'dims'> {
  readonly type: string
}

const listed = (ports: readonly GraphPort[]) =>
  ports
    .map(({ name, type, dims }) => `${name} ${type} [${dims.join(', ')}]`)
    .sort()
    .join('; ') || 'none'

interface Graph {
  readonly inputs: readonly GraphPort[]
  readonly outputs: readonly GraphPort[]
  /** Names; those of other domains than ONNX's with the domain as a prefix. */
  readonly operators: readonly string[]
  readonly functions: number
  readonly hasExternalData: boolean
}

/** Returns null if the bytes are malformed. */
function readGraph(bytes: Uint8Array): Graph | null {
  try {
    const model = fieldsOf(bytes)
    const graphs = model.filter(({ number }) => number === 7)
    if (graphs.length !== 1) return null
    const graph = fieldsOf(graphs[0]!.bytes)
    const parts = (number: number) => graph.filter(field => field.number === number).map(field => field.bytes)
    const nodes = parts(1).map(node => fieldsOf(node))
    const tensors = [...parts(5), ...nodes.flatMap(attributeTensors)]
    const initialized = new Set(parts(5).map(tensor => textOf(fieldsOf(tensor), 8)))
    return {
      // before version 4 of the format, initializers were also inputs
      inputs: parts(11)
        .map(portOf)
        .filter(({ name }) => !initialized.has(name)),
      outputs: parts(12).map(portOf),
      operators: nodes.map(node =>
        [textOf(node, 7), textOf(node, 4)].filter(part => part !== '' && part !== 'ai.onnx').join('.'),
      ),
      functions: model.filter(({ number }) => number === 25).length,
      hasExternalData: parts(15).length > 0 || tensors.some(isExternal),
    }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Tensors in the attributes of a node. */
const attributeTensors = (node: readonly WireField[]) =>
  node
    .filter(({ number }) => number === 5)
    .flatMap(attribute => fieldsOf(attribute.bytes).filter(({ number }) => number === 5 || number === 10))
    .map(({ bytes }) => bytes)

const isExternal = (tensor: Uint8Array) =>
  fieldsOf(tensor).some(({ number, value }) => number === 13 || (number === 14 && value !== 0))

const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  10: 'float16',
  11: 'float64',
}

function portOf(bytes: Uint8Array): GraphPort {
  const port = fieldsOf(bytes)
  const tensor = inside(inside(port, 2), 1)
  const dims = inside(tensor, 2)
    .filter(({ number }) => number === 1)
    .map(dim => fieldsOf(dim.bytes).find(({ number }) => number === 1)?.value ?? ('N' as const))
  const type = tensor.find(({ number }) => number === 1)?.value ?? 0
  return { name: textOf(port, 1), type: elementTypes[type] ?? `type ${type}`, dims }
}

const inside = (fields: readonly WireField[], field: number) =>
  fieldsOf(fields.find(({ number }) => number === field)?.bytes ?? new Uint8Array())

const textOf = (fields: readonly WireField[], field: number) =>
  new TextDecoder().decode(fields.find(({ number }) => number === field)?.bytes)

interface WireField {
  readonly number: number
  /** Value of a varint; 0 otherwise. */
  readonly value: number
  /** Content of a length-delimited field; empty otherwise. */
  readonly bytes: Uint8Array
}

/** Returns the fields of one message, in order. @throws RangeError if they are malformed */
function fieldsOf(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a number does not end')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const skip = (length: number) => {
    at += length
    if (at > bytes.length) throw new RangeError('a field does not end')
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const field = { number, value: 0, bytes: new Uint8Array() }
    switch (tag % 8) {
      case 0:
        field.value = varint()
        break
      case 1:
        skip(8)
        break
      case 2: {
        const length = varint()
        const start = at
        skip(length)
        field.bytes = bytes.subarray(start, at) as Uint8Array<ArrayBuffer>
        break
      }
      case 5:
        skip(4)
        break
      default:
        throw new RangeError('no wire type')
    }
    if (number === 0) throw new RangeError('no field number')
    fields.push(field)
  }
  return fields
}
