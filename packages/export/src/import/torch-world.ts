/**
 * What the names in PyTorch's pickles mean: storages, tensors as views of them, dictionaries, and plain data that are read
 * past. Every tensor must lie inside its storage before a number is read.
 *
 * A tensor of a kind that is not read (quantised, sparse, without numbers) keeps its name and shape, and is refused only
 * where it is wanted.
 */

import type { ForeignTensor } from './foreign-checkpoint.ts'
import {
  inert,
  type PickleCall,
  type PickleDict,
  type PickleList,
  type PickleOpaque,
  type PickleValue,
  type PickleWorld,
} from './pickle.ts'
import { dictionaryNames, isPlainName } from './plain-names.ts'
import { type RefusalReason, refusal } from './refuse.ts'

interface NumberType {
  readonly dtype: ForeignTensor['dtype']
  readonly bytes: number
}

const types = {
  ...{
    float32: { dtype: 'F32', bytes: 4 },
    float16: { dtype: 'F16', bytes: 2 },
    bfloat16: { dtype: 'BF16', bytes: 2 },
  },
  ...{ float64: { dtype: 'F64', bytes: 8 }, int64: { dtype: 'I64', bytes: 8 }, int32: { dtype: 'I32', bytes: 4 } },
  ...{ int16: { dtype: 'I16', bytes: 2 }, int8: { dtype: 'I8', bytes: 1 }, uint8: { dtype: 'U8', bytes: 1 } },
  ...{ uint16: { dtype: 'U16', bytes: 2 }, uint32: { dtype: 'U32', bytes: 4 }, uint64: { dtype: 'U64', bytes: 8 } },
  ...{ bool: { dtype: 'BOOL', bytes: 1 }, complex32: { dtype: 'complex32', bytes: 4 } },
  ...{ complex64: { dtype: 'C64', bytes: 8 }, complex128: { dtype: 'complex128', bytes: 16 } },
  ...{ float8_e4m3fn: { dtype: 'F8_E4M3', bytes: 1 }, float8_e5m2: { dtype: 'F8_E5M2', bytes: 1 } },
  ...{ float8_e4m3fnuz: { dtype: 'F8_E4M3FNUZ', bytes: 1 }, float8_e5m2fnuz: { dtype: 'F8_E5M2FNUZ', bytes: 1 } },
  float8_e8m0fnu: { dtype: 'F8_E8M0', bytes: 1 },
  ...{ qint8: { dtype: 'quantised', bytes: 1 }, quint8: { dtype: 'quantised', bytes: 1 } },
  ...{ qint32: { dtype: 'quantised', bytes: 4 }, quint4x2: { dtype: 'quantised', bytes: 1 } },
  quint2x4: { dtype: 'quantised', bytes: 1 },
} as const satisfies Record<string, NumberType>

/** By what follows `torch.`, or `torch.cuda.`. */
const storageTypes: Readonly<Record<string, keyof typeof types>> = {
  ...{ FloatStorage: 'float32', HalfStorage: 'float16', BFloat16Storage: 'bfloat16', DoubleStorage: 'float64' },
  ...{ LongStorage: 'int64', IntStorage: 'int32', ShortStorage: 'int16', CharStorage: 'int8', ByteStorage: 'uint8' },
  ...{ BoolStorage: 'bool', ComplexFloatStorage: 'complex64', ComplexDoubleStorage: 'complex128' },
  ...{ QInt8Storage: 'qint8', QUInt8Storage: 'quint8', QInt32Storage: 'qint32' },
  ...{ QUInt4x2Storage: 'quint4x2', QUInt2x4Storage: 'quint2x4' },
}
/** Bytes whose type the tensor says. */
const untyped = 'torch.storage.UntypedStorage'

/** The type of a storage by its class; undefined for what is no such class. */
function storageType(name: string): NumberType | undefined {
  if (name === untyped) return types.uint8
  const [, own = ''] = /^torch\.(?:cuda\.)?(\w+)$/.exec(name) ?? []
  return Object.hasOwn(storageTypes, own) ? types[storageTypes[own] as keyof typeof types] : undefined
}

/** The type of a tensor by `torch.float32` and the like. */
function numberType(name: string): NumberType | undefined {
  const own = name.replace(/^torch\./, '')
  return own !== name && Object.hasOwn(types, own) ? types[own as keyof typeof types] : undefined
}

/** Where the numbers of a storage are. */
export interface StorageBytes {
  /** For messages. */
  readonly name: string
  /** Bytes from … to. */
  read(range: { readonly from: number; readonly to: number }): Promise<Uint8Array>
}

export interface StorageFacts {
  readonly key: string
  readonly bytes: number
  /** Of one number. */
  readonly elementBytes: number
}

/** From the first to the last number of a tensor that is not dense. */
const maxSpanBytes = 2 ** 30
const maxRank = 64

class Storage {
  readonly place: StorageBytes
  readonly type: NumberType
  readonly elements: number
  /** First number, of those in the file. */
  readonly base: number
  constructor(place: StorageBytes, type: NumberType, { elements, base }: { elements: number; base: number }) {
    this.place = place
    this.type = type
    this.elements = elements
    this.base = base
  }
}

interface ViewShape {
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A view of a storage: numbers `offset + Σ index · stride`. */
class View {
  readonly storage: Storage
  readonly type: NumberType
  readonly at: ViewShape
  constructor(storage: Storage, type: NumberType, at: ViewShape) {
    this.storage = storage
    this.type = type
    this.at = at
  }

  /** Numbers of the storage. */
  get elements(): number {
    return Math.floor((this.storage.elements * this.storage.type.bytes) / this.type.bytes)
  }

  get numbers(): number {
    return this.at.shape.reduce((product, size) => product * size, 1)
  }

  /** Numbers of the storage from the first to the last one of the view. */
  get span(): number {
    const { shape, strides } = this.at
    return this.numbers === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] as number), 0)
  }
}

/** A tensor of a kind that is not read. */
class Unread {
  readonly dtype: ForeignTensor['dtype']
  readonly shape: readonly number[]
  constructor(dtype: ForeignTensor['dtype'], shape: readonly number[]) {
    this.dtype = dtype
    this.shape = shape
  }
}

/** @param locate where a storage is; throws for one that is not there */
export function torchWorld(file: string, locate: (facts: StorageFacts) => StorageBytes): PickleWorld {
  const refuse = (reason: RefusalReason, message: string) => refusal(message, { file, reason })
  const opaque = (value: object): PickleOpaque => ({ kind: 'opaque', value })

  const persistent: PickleWorld['persistent'] = id => {
    const [tag, type, key, , elements, part = null] = itemsOf(id)
    const known = storageType(nameOf(type))
    if (tag !== 'storage' || known === undefined || typeof key !== 'string' || !isCount(elements)) {
      throw refuse('storage-type', 'refers to a storage of an unknown kind')
    }
    const place = locate({ key, bytes: elements * known.bytes, elementBytes: known.bytes })
    if (part === null) return opaque(new Storage(place, known, { elements, base: 0 }))
    // before 1.6, a storage may be a part of another
    const [, base, length] = itemsOf(part) // a key, the offset, the number of its numbers
    if (!isCount(base) || !isCount(length) || base + length > elements) {
      throw refuse('storage-size', `refers to a part of the storage ${shown(key)} that is not in it`)
    }
    return opaque(new Storage(place, known, { elements: length, base }))
  }

  /** Counts, few enough for dimensions; null for anything else. */
  const counts = (value: PickleValue | undefined): readonly number[] | null => {
    const items = itemsOf(value)
    return items.length <= maxRank && items.every(isCount) ? (items as readonly number[]) : null
  }

  const tensor: PickleCall = ([from, offset, size, strided, , , dtype]) => {
    const own = opaqueOf(from)
    const [shape, strides] = [counts(size), counts(strided)]
    if (!(own instanceof Storage) || !isCount(offset) || shape?.length !== strides?.length || !shape || !strides) {
      throw refuse('tensor-shape', 'has a tensor whose shape, strides or offset are not counts')
    }
    const type = nameOf(dtype) === '' ? own.type : numberType(nameOf(dtype))
    if (type === undefined) throw refuse('tensor-dtype', `has a tensor of the type ${shown(nameOf(dtype))}`)
    const view = new View(own, type, { offset, shape, strides })
    const form = () => `has a tensor [${shape.join(', ')}] of a storage of ${view.elements} numbers`
    if (!Number.isSafeInteger(view.numbers)) throw refuse('tensor-expanded', form())
    if (!(offset + view.span <= view.elements)) throw refuse('tensor-outside', `${form()}, outside of which it reaches`)
    return opaque(view)
  }

  /** Of a kind that is not read; its shape is the argument there. */
  const unread =
    (dtype: ForeignTensor['dtype'], at: number): PickleCall =>
    args =>
      opaque(new Unread(dtype, counts(args[at]) ?? []))

  const dictionary: PickleCall = ([pairs], spend) => {
    const entries: PickleDict['entries'] = new Map()
    const found = itemsOf(pairs)
    spend(16 + 4 * found.length)
    for (const pair of found) {
      const [key, value] = itemsOf(pair)
      if (key !== undefined && value !== undefined) entries.set(key, value)
    }
    return { kind: 'dict', entries }
  }

  const first: PickleCall = ([value = null]) => value
  const calls: Readonly<Record<string, PickleCall>> = {
    ...{ _rebuild_tensor: tensor, _rebuild_tensor_v2: tensor, _rebuild_tensor_v3: tensor },
    // a parameter is its tensor
    ...{ _rebuild_parameter: first, _rebuild_parameter_with_state: first },
    _rebuild_qtensor: unread('quantised', 2),
    _rebuild_meta_tensor_no_storage: unread('without numbers', 1),
    _rebuild_sparse_tensor: ([, parts]) => unread('sparse', 2)(itemsOf(parts).slice(0, 3), () => {}),
    ...{ _rebuild_nested_tensor: unread('nested', 9), _rebuild_device_tensor_from_numpy: unread('of a device', 9) },
  }
  const utilities = new Map(Object.entries(calls).map(([name, call]) => [`torch._utils.${name}`, call]))
  // a subclass of tensors: what made it, its class, and what that was called with
  utilities.set('torch._tensor._rebuild_from_type_v2', ([made, , args], spend) => {
    const call = utilities.get(nameOf(made))
    return call === undefined || nameOf(made) === 'torch._tensor._rebuild_from_type_v2'
      ? inert
      : call(itemsOf(args), spend)
  })
  // its items are shared, not copied
  const size: PickleCall = ([items]) => ({ kind: 'tuple', items: itemsOf(items) as PickleValue[] })

  return {
    persistent,
    meaning(name) {
      if (dictionaryNames.has(name)) return dictionary
      if (name === 'torch.Size') return size
      const call = utilities.get(name)
      if (call !== undefined) return call
      if (storageType(name) !== undefined || numberType(name) !== undefined) return null
      return isPlainName(name) ? () => inert : undefined
    },
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 80))
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isPlain = (value: PickleValue | undefined): value is PickleList | PickleDict | PickleOpaque =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
const itemsOf = (value: PickleValue | undefined): readonly PickleValue[] =>
  isPlain(value) && 'items' in value ? value.items : []
const nameOf = (value: PickleValue | undefined): string => (isPlain(value) && 'name' in value ? String(value.name) : '')
const opaqueOf = (value: PickleValue | undefined): object | null =>
  isPlain(value) && value.kind === 'opaque' ? value.value : null
const entriesOf = (value: PickleValue | undefined): PickleDict['entries'] | null =>
  isPlain(value) && value.kind === 'dict' ? value.entries : null

/** Storage keys of a legacy file, in its order. @throws MixflowError CHECKPOINT_INVALID */
export function textsOf(value: PickleValue, file: string): readonly string[] {
  const items = itemsOf(value)
  if (items.every(item => typeof item === 'string')) return items as readonly string[]
  throw refusal('has no list of its storages', { file, reason: 'storage-missing' })
}

/** A value of a dictionary by its key; undefined for what is no dictionary. */
export const entryOf = (value: PickleValue, key: string): PickleValue | undefined => entriesOf(value)?.get(key)

/** The tensors of `state_dict` (or of the whole, where that is one), and the numbers beside it. */
export function contentOf(content: PickleValue, file: string) {
  const top = entriesOf(content)
  const state = entriesOf(top?.get('state_dict')) ?? top
  const tensors = new Map<string, ForeignTensor>()
  for (const [name, value] of state ?? []) {
    const found = opaqueOf(value)
    if (typeof name !== 'string') continue
    if (found instanceof View) tensors.set(name, foreignTensor(found, file))
    if (found instanceof Unread) tensors.set(name, unreadTensor(found, file))
  }
  if (tensors.size === 0) {
    throw refusal('holds no state_dict with tensors', {
      ...{ file, reason: 'no-tensors', hint: 'give a checkpoint of PyTorch Lightning, or a saved state_dict' },
    })
  }
  const numbers = new Map<string, number>()
  for (const [name, value] of top ?? []) {
    if (typeof name === 'string' && typeof value === 'number') numbers.set(name, value)
  }
  return { tensors, numbers }
}

const isUnread = (dtype: ForeignTensor['dtype']): boolean => dtype === 'quantised' || dtype.startsWith('complex')

function unreadTensor({ dtype, shape }: Unread, file: string): ForeignTensor {
  return {
    ...{ dtype, shape },
    async read() {
      throw refusal(`has a tensor that is ${dtype}`, { file, reason: 'tensor-dtype' })
    },
  }
}

function foreignTensor(view: View, file: string): ForeignTensor {
  const { storage, type, span, numbers, elements, at } = view
  const elementBytes = type.bytes
  return {
    dtype: type.dtype,
    shape: at.shape,
    async read() {
      const form = `has a tensor [${at.shape.join(', ')}]`
      if (isUnread(type.dtype)) throw refusal(`${form} that is ${type.dtype}`, { file, reason: 'tensor-dtype' })
      const hint = 'load it in Python, make the tensor contiguous (.contiguous()), and save it again'
      if (numbers > elements) {
        throw refusal(`${form} that repeats the few numbers of its storage`, { file, reason: 'tensor-expanded', hint })
      }
      if (span * elementBytes > Math.max(maxSpanBytes, numbers * elementBytes)) {
        throw refusal(`${form} that is scattered too widely`, { file, reason: 'tensor-scattered', hint })
      }
      const from = storage.base * storage.type.bytes + at.offset * elementBytes
      const bytes = await storage.place.read({ from, to: from + span * elementBytes })
      return gathered(bytes, { ...at, elementBytes })
    },
  }
}

/** The view's numbers in the order of its indices, the last running fastest. */
function gathered(
  bytes: Uint8Array,
  { shape, strides, elementBytes }: Pick<ViewShape, 'shape' | 'strides'> & { readonly elementBytes: number },
): Uint8Array {
  if (isDense(shape, strides)) return bytes
  const total = shape.reduce((product, size) => product * size, 1)
  const out = new Uint8Array(total * elementBytes)
  const index = new Array<number>(shape.length).fill(0)
  for (let i = 0, at = 0; i < total; i++) {
    out.set(bytes.subarray(at * elementBytes, (at + 1) * elementBytes), i * elementBytes)
    // count up, the last index first, and follow the strides
    for (let d = shape.length - 1; d >= 0; d--) {
      const [size, stride] = [shape[d] as number, strides[d] as number]
      index[d] = (index[d] as number) + 1
      at += stride
      if ((index[d] as number) < size) break
      index[d] = 0
      at -= size * stride
    }
  }
  return out
}

function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) return false
    expected *= shape[d] as number
  }
  return true
}
