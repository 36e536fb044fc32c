/**
 * The names in PyTorch's pickles: storages, tensors as views of them, dictionaries, and plain data, which is skipped. Every
 * tensor is checked to be inside its storage before any value is read.
 *
 * Tensors of other kinds (quantised, sparse, without values) have a name and shape; reading them throws.
 */

import type { ForeignTensor } from './foreign-tensor.ts'
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

interface ElementType {
  readonly dtype: ForeignTensor['dtype']
  readonly bytes: number
}

const types = {
  float32: { dtype: 'F32', bytes: 4 },
  float16: { dtype: 'F16', bytes: 2 },
  bfloat16: { dtype: 'BF16', bytes: 2 },
  float64: { dtype: 'F64', bytes: 8 },
  int64: { dtype: 'I64', bytes: 8 },
  int32: { dtype: 'I32', bytes: 4 },
  int16: { dtype: 'I16', bytes: 2 },
  int8: { dtype: 'I8', bytes: 1 },
  uint8: { dtype: 'U8', bytes: 1 },
  uint16: { dtype: 'U16', bytes: 2 },
  uint32: { dtype: 'U32', bytes: 4 },
  uint64: { dtype: 'U64', bytes: 8 },
  bool: { dtype: 'BOOL', bytes: 1 },
  complex32: { dtype: 'complex32', bytes: 4 },
  complex64: { dtype: 'C64', bytes: 8 },
  complex128: { dtype: 'complex128', bytes: 16 },
  float8_e4m3fn: { dtype: 'F8_E4M3', bytes: 1 },
  float8_e5m2: { dtype: 'F8_E5M2', bytes: 1 },
  float8_e4m3fnuz: { dtype: 'F8_E4M3FNUZ', bytes: 1 },
  float8_e5m2fnuz: { dtype: 'F8_E5M2FNUZ', bytes: 1 },
  float8_e8m0fnu: { dtype: 'F8_E8M0', bytes: 1 },
  qint8: { dtype: 'quantised', bytes: 1 },
  quint8: { dtype: 'quantised', bytes: 1 },
  qint32: { dtype: 'quantised', bytes: 4 },
  quint4x2: { dtype: 'quantised', bytes: 1 },
  quint2x4: { dtype: 'quantised', bytes: 1 },
} as const satisfies Record<string, ElementType>

/** Storage classes in `torch.` and `torch.cuda.`. */
const storageTypes: Readonly<Record<string, keyof typeof types>> = {
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  DoubleStorage: 'float64',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QInt8Storage: 'qint8',
  QUInt8Storage: 'quint8',
  QInt32Storage: 'qint32',
  QUInt4x2Storage: 'quint4x2',
  QUInt2x4Storage: 'quint2x4',
}
/** The element type is that of the tensor. */
const untyped = 'torch.storage.UntypedStorage'

/** The element type of a storage class; undefined for other names. */
function storageType(name: string): ElementType | undefined {
  if (name === untyped) return types.uint8
  const [, storage = ''] = /^torch\.(?:cuda\.)?(\w+)$/.exec(name) ?? []
  return Object.hasOwn(storageTypes, storage) ? types[storageTypes[storage] as keyof typeof types] : undefined
}

/** The element type `torch.float32` etc.; undefined for other names. */
function elementType(name: string): ElementType | undefined {
  const type = name.replace(/^torch\./, '')
  return type !== name && Object.hasOwn(types, type) ? types[type as keyof typeof types] : undefined
}

/** Reads ranges of a storage's bytes. */
export interface StorageReader {
  read(range: { readonly from: number; readonly to: number }): Promise<Uint8Array>
}

export interface StorageFacts {
  readonly key: string
  readonly bytes: number
  /** Bytes per element. */
  readonly elementBytes: number
}

/** Maximum distance between the first and last element of a tensor that is not contiguous. */
const maxSpanBytes = 2 ** 30
const maxRank = 64

interface Storage {
  readonly reader: StorageReader
  readonly type: ElementType
  readonly elements: number
  /** Index of its first element in the file's storage. */
  readonly base: number
}

/** A view of a storage: its elements are at `offset + Σ index · stride`. */
interface View {
  readonly storage: Storage
  readonly type: ElementType
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** Number of elements, and the distance in elements from the first to the last. */
function extentOf({ shape, strides }: Pick<View, 'shape' | 'strides'>) {
  const count = shape.reduce((product, size) => product * size, 1)
  const span = count === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, 0)
  return { count, span }
}

const elementsOf = ({ storage, type }: Pick<View, 'storage' | 'type'>): number =>
  Math.floor((storage.elements * storage.type.bytes) / type.bytes)

/** @param locate returns the reader of a storage; throws if it is missing */
export function torchWorld(file: string, locate: (facts: StorageFacts) => StorageReader): PickleWorld {
  const refuse = (reason: RefusalReason, message: string) => refusal(message, { file, reason })
  const opaque = (value: object): PickleOpaque => ({ kind: 'opaque', value })

  const persistent: PickleWorld['persistent'] = id => {
    const [tag, type, key, , elements, part = null] = itemsOf(id)
    const known = storageType(nameOf(type))
    if (tag !== 'storage' || known === undefined || typeof key !== 'string' || !isCount(elements)) {
      throw refuse('storage-type', 'refers to a storage of an unknown type')
    }
    const reader = locate({ key, bytes: elements * known.bytes, elementBytes: known.bytes })
    if (part === null) return opaque({ reader, type: known, elements, base: 0 } satisfies Storage)
    // before PyTorch 1.6, a storage may be part of another
    const [, base, length] = itemsOf(part) // key, offset, number of elements
    if (!isCount(base) || !isCount(length) || base + length > elements) {
      throw refuse('storage-size', `refers to a part outside the storage ${shown(key)}`)
    }
    return opaque({ reader, type: known, elements: length, base } satisfies Storage)
  }

  /** Dimensions or strides; null for anything else. */
  const counts = (value: PickleValue | undefined): readonly number[] | null => {
    const items = itemsOf(value)
    return items.length <= maxRank && items.every(isCount) ? (items as readonly number[]) : null
  }

  const tensor: PickleCall = ([storageValue, offset, shapeValue, stridesValue, , , dtype]) => {
    const storage = opaqueOf(storageValue)
    const [shape, strides] = [counts(shapeValue), counts(stridesValue)]
    if (!isStorage(storage) || !isCount(offset) || shape?.length !== strides?.length || !shape || !strides) {
      throw refuse('tensor-shape', 'has a tensor with an invalid shape, strides or offset')
    }
    const type = nameOf(dtype) === '' ? storage.type : elementType(nameOf(dtype))
    if (type === undefined) throw refuse('tensor-dtype', `has a tensor of the unsupported type ${shown(nameOf(dtype))}`)
    const view = { storage, type, offset, shape, strides }
    const elements = elementsOf(view)
    const form = () => `has a tensor [${shape.join(', ')}] in a storage of ${elements} elements`
    const { count, span } = extentOf(view)
    if (!Number.isSafeInteger(count)) throw refuse('tensor-expanded', form())
    if (!(offset + span <= elements)) throw refuse('tensor-outside', `${form()}, which it exceeds`)
    return opaque(foreignTensor(view, file))
  }

  /** A tensor that cannot be read. @param at index of the argument with its shape */
  const unread =
    (dtype: ForeignTensor['dtype'], at: number): PickleCall =>
    args =>
      opaque({
        dtype,
        shape: counts(args[at]) ?? [],
        async read() {
          throw refuse('tensor-dtype', `has a tensor that is ${dtype}, which is not supported`)
        },
      } satisfies ForeignTensor)

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
    _rebuild_tensor: tensor,
    _rebuild_tensor_v2: tensor,
    _rebuild_tensor_v3: tensor,
    _rebuild_parameter: first,
    _rebuild_parameter_with_state: first,
    _rebuild_qtensor: unread('quantised', 2),
    _rebuild_meta_tensor_no_storage: unread('without numbers', 1),
    _rebuild_sparse_tensor: ([, parts]) => unread('sparse', 2)(itemsOf(parts).slice(0, 3), () => {}),
    _rebuild_nested_tensor: unread('nested', 9),
    _rebuild_device_tensor_from_numpy: unread('of a device', 9),
  }
  const utilities = new Map(Object.entries(calls).map(([name, call]) => [`torch._utils.${name}`, call]))
  // a tensor subclass: the function that rebuilds it, its class, and the arguments
  utilities.set('torch._tensor._rebuild_from_type_v2', ([rebuild, , args], spend) => {
    const call = utilities.get(nameOf(rebuild))
    return call === undefined || nameOf(rebuild) === 'torch._tensor._rebuild_from_type_v2'
      ? inert
      : call(itemsOf(args), spend)
  })
  // shares its items, so it costs no cells
  const size: PickleCall = ([items]) => ({ kind: 'tuple', items: itemsOf(items) as PickleValue[] })

  return {
    persistent,
    functionOf(name) {
      if (dictionaryNames.has(name)) return dictionary
      if (name === 'torch.Size') return size
      const call = utilities.get(name)
      if (call !== undefined) return call
      if (storageType(name) !== undefined || elementType(name) !== undefined) return null
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
const isStorage = (value: object | null): value is Storage => value !== null && 'reader' in value
const entriesOf = (value: PickleValue | undefined): PickleDict['entries'] | null =>
  isPlain(value) && value.kind === 'dict' ? value.entries : null

/** Reads the list of storage keys of a legacy file. @throws MixflowError CHECKPOINT_INVALID */
export function textsOf(value: PickleValue, file: string): readonly string[] {
  const items = itemsOf(value)
  if (items.every(item => typeof item === 'string')) return items as readonly string[]
  throw refusal('has no list of storages', { file, reason: 'storage-missing' })
}

/** A value of a dictionary; undefined if it is not a dictionary or lacks the key. */
export const entryOf = (value: PickleValue, key: string): PickleValue | undefined => entriesOf(value)?.get(key)

/** The tensors of `state_dict`, or of the top dictionary without one, and the numbers in the top dictionary. */
export function contentOf(content: PickleValue, file: string) {
  const top = entriesOf(content)
  const state = entriesOf(top?.get('state_dict')) ?? top
  const tensors = new Map<string, ForeignTensor>()
  for (const [name, value] of state ?? []) {
    const found = opaqueOf(value)
    if (typeof name !== 'string') continue
    if (found !== null && 'read' in found) tensors.set(name, found as ForeignTensor)
  }
  if (tensors.size === 0) {
    const hint = 'give a checkpoint of PyTorch Lightning, or a saved state_dict'
    throw refusal('has no state_dict with tensors', { file, reason: 'no-tensors', hint })
  }
  const numbers = new Map<string, number>()
  for (const [name, value] of top ?? []) {
    if (typeof name === 'string' && typeof value === 'number') numbers.set(name, value)
  }
  return { tensors, numbers }
}

const isUnread = (dtype: ForeignTensor['dtype']): boolean => dtype === 'quantised' || dtype.startsWith('complex')

function foreignTensor(view: View, file: string): ForeignTensor {
  const { storage, type, offset, shape, strides } = view
  const elementBytes = type.bytes
  return {
    dtype: type.dtype,
    shape,
    async read() {
      const { count, span } = extentOf(view)
      const form = `has a tensor [${shape.join(', ')}]`
      if (isUnread(type.dtype))
        throw refusal(`${form} that is ${type.dtype}, which is not supported`, { file, reason: 'tensor-dtype' })
      const hint = 'load it in Python, make the tensor contiguous (.contiguous()), and save it again'
      if (count > elementsOf(view)) {
        throw refusal(`${form} that repeats the elements of its storage`, { file, reason: 'tensor-expanded', hint })
      }
      if (span * elementBytes > Math.max(maxSpanBytes, count * elementBytes)) {
        throw refusal(`${form} whose elements are too far apart`, { file, reason: 'tensor-scattered', hint })
      }
      const from = storage.base * storage.type.bytes + offset * elementBytes
      const bytes = await storage.reader.read({ from, to: from + span * elementBytes })
      return gather(bytes, { shape, strides, elementBytes })
    },
  }
}

/** Copies the elements of a view into C order. */
function gather(
  bytes: Uint8Array,
  { shape, strides, elementBytes }: Pick<View, 'shape' | 'strides'> & { readonly elementBytes: number },
): Uint8Array {
  if (isContiguous(shape, strides)) return bytes
  const total = shape.reduce((product, size) => product * size, 1)
  const out = new Uint8Array(total * elementBytes)
  const index = new Array<number>(shape.length).fill(0)
  for (let i = 0, at = 0; i < total; i++) {
    out.set(bytes.subarray(at * elementBytes, (at + 1) * elementBytes), i * elementBytes)
    // increment the index, last dimension first, and move along the strides
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

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) return false
    expected *= shape[d] as number
  }
  return true
}
