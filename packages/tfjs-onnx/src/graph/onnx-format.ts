/**
 * The part of the ONNX format that this package writes: its messages as tables of fields, which give both their types and their encoding.
 * As in proto3, a field with its default value (0, '', nothing) is left out.
 *
 * Source: onnx.proto of ONNX, for the field numbers.
 */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** `Uint8Array<ArrayBuffer>`, in a form that TypeScript before 5.7 accepts. */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>

interface Scalars {
  int: number
  /** An integer that is written even if it is 0. */
  'present int': number
  float: number
  string: string
  bytes: Uint8Array
}

type Kind = keyof Scalars | Fields

/** Name -> number and kind; `[kind]` is repeated. */
interface Fields {
  readonly [name: string]: readonly [number: number, kind: Kind | readonly [Kind]]
}

type ValueOf<K> = K extends keyof Scalars ? Scalars[K] : K extends Fields ? Message<K> : never
type Message<F extends Fields> = {
  readonly [N in keyof F]?: F[N][1] extends readonly [infer K] ? readonly ValueOf<K>[] : ValueOf<F[N][1]>
}

const tensor = { dims: [1, ['int']], dataType: [2, 'int'], name: [8, 'string'], rawData: [9, 'bytes'] } as const
const attribute = {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'int'],
  s: [4, 'string'],
  t: [5, tensor],
  ints: [8, ['int']],
  type: [20, 'int'],
} as const
const node = {
  input: [1, ['string']],
  output: [2, ['string']],
  opType: [4, 'string'],
  attribute: [5, [attribute]],
  domain: [7, 'string'],
} as const
const dimension = { dimValue: [1, 'present int'], dimParam: [2, 'string'] } as const
const tensorType = { elemType: [1, 'int'], shape: [2, { dim: [1, [dimension]] }] } as const
const port = { name: [1, 'string'], type: [2, { tensorType: [1, tensorType] }] } as const
const graph = {
  node: [1, [node]],
  name: [2, 'string'],
  initializer: [5, [tensor]],
  input: [11, [port]],
  output: [12, [port]],
} as const
const model = {
  irVersion: [1, 'int'],
  producerName: [2, 'string'],
  graph: [7, graph],
  opsetImport: [8, [{ domain: [1, 'string'], version: [2, 'int'] }]],
  metadataProps: [14, [{ key: [1, 'string'], value: [2, 'string'] }]],
} as const

export type TensorProto = Message<typeof tensor>
export type AttributeProto = Message<typeof attribute>
export type NodeProto = Message<typeof node>
export type ValueInfoProto = Message<typeof port>

/** The bytes of an ONNX file. */
export const encodeModel = (message: Message<typeof model>): Uint8Array =>
  encode(new BinaryWriter(), model, message).finish()

function encode(writer: BinaryWriter, fields: Fields, message: Readonly<Record<string, unknown>>): BinaryWriter {
  for (const [name, [number, kind]] of Object.entries(fields)) {
    const value = message[name]
    if (value === undefined) continue
    if (Array.isArray(kind)) encodeAll(writer, number, kind[0] as Kind, value as readonly unknown[])
    else if (kind === 'present int' || (value instanceof Uint8Array ? value.length > 0 : value))
      encodeOne(writer, number, kind as Kind, value)
  }
  return writer
}

function encodeAll(writer: BinaryWriter, number: number, kind: Kind, values: readonly unknown[]): void {
  if (kind !== 'int') for (const value of values) encodeOne(writer, number, kind, value)
  else if (values.length > 0) {
    writer.tag(number, WireType.LengthDelimited).fork()
    for (const value of values) writer.int64(value as number)
    writer.join()
  }
}

function encodeOne(writer: BinaryWriter, number: number, kind: Kind, value: unknown): void {
  if (kind === 'int' || kind === 'present int') writer.tag(number, WireType.Varint).int64(value as number)
  else if (kind === 'float') writer.tag(number, WireType.Bit32).float(value as number)
  else if (kind === 'string') writer.tag(number, WireType.LengthDelimited).string(value as string)
  else if (kind === 'bytes') writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array)
  else encode(writer.tag(number, WireType.LengthDelimited).fork(), kind, value as Record<string, unknown>).join()
}
