/**
 * A checkpoint that PyTorch saved: a zip with `data.pkl`, a pickle of containers in which tensors are views of storages,
 * and one entry `data/<key>` per storage. Every storage must be as large as it says and every tensor lie inside its own
 * before a number is read; tensors are then read one at a time.
 *
 * Source: the format as PyTorch's documentation describes it ("torch.save", serialization notes), and what files contain.
 */

import type { TensorDtype } from '@mixflow/core'
import type { ByteSource } from './byte-source.ts'
import type { ForeignCheckpoint, ForeignTensor } from './foreign-checkpoint.ts'
import {
  type PickleDict,
  type PickleList,
  type PickleOpaque,
  type PickleValue,
  type PickleWorld,
  unpickle,
} from './pickle.ts'
import { type RefusalReason, refusal } from './refuse.ts'
import { openZip, type ZipArchive, type ZipEntry } from './zip-archive.ts'

const storageTypes: Readonly<Record<string, { readonly dtype: TensorDtype; readonly bytes: number }>> = {
  FloatStorage: { dtype: 'F32', bytes: 4 },
  HalfStorage: { dtype: 'F16', bytes: 2 },
  BFloat16Storage: { dtype: 'BF16', bytes: 2 },
  DoubleStorage: { dtype: 'F64', bytes: 8 },
  LongStorage: { dtype: 'I64', bytes: 8 },
  IntStorage: { dtype: 'I32', bytes: 4 },
  ShortStorage: { dtype: 'I16', bytes: 2 },
  CharStorage: { dtype: 'I8', bytes: 1 },
  ByteStorage: { dtype: 'U8', bytes: 1 },
  BoolStorage: { dtype: 'BOOL', bytes: 1 },
}

/** Of `data.pkl`; the paper's is some 200 kB. */
const maxPickleBytes = 2 ** 25
/** From the first to the last number of a tensor that is not dense. */
const maxSpanBytes = 2 ** 30
const maxRank = 64

class Storage {
  readonly entry: ZipEntry
  readonly dtype: TensorDtype
  readonly elementBytes: number
  readonly elements: number
  constructor(entry: ZipEntry, { dtype, bytes }: { dtype: TensorDtype; bytes: number }, elements: number) {
    this.entry = entry
    this.dtype = dtype
    this.elementBytes = bytes
    this.elements = elements
  }
}

/** A view of a storage: numbers `offset + Σ index · stride`. */
class View {
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  constructor(
    storage: Storage,
    offset: number,
    { shape, strides }: { shape: readonly number[]; strides: readonly number[] },
  ) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }

  get numbers(): number {
    return this.shape.reduce((product, size) => product * size, 1)
  }

  /** Numbers of the storage from the first to the last one of the view. */
  get span(): number {
    return this.numbers === 0
      ? 0
      : 1 + this.shape.reduce((sum, size, i) => sum + (size - 1) * (this.strides[i] as number), 0)
  }
}

/** @throws MixflowError CHECKPOINT_UNSAFE; CHECKPOINT_INVALID with a word of `RefusalReason`; ABORTED */
export async function openTorch(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ForeignCheckpoint> {
  const zip = await openZip(source, options)
  const root = rootOf(zip, source.name)
  const entry = zip.entries.get(`${root}data.pkl`) as ZipEntry
  if (entry.size > maxPickleBytes) {
    throw refusal(`has a pickle of ${entry.size} bytes; at most ${maxPickleBytes} are read`, {
      ...{ file: source.name, reason: 'pickle-size' },
    })
  }
  await checkByteOrder(zip, root, source.name)
  const content = unpickle(await zip.read(entry), torchWorld(zip, root, source.name), source.name)
  const { tensors, numbers } = contentOf(content, source.name)
  return {
    numbers,
    tensors: new Map([...tensors].map(([name, view]) => [name, foreignTensor(zip, view)])),
  }
}

function rootOf(zip: ZipArchive, file: string): string {
  const pickles = [...zip.entries.keys()].filter(name => /^([^/]+\/)?data\.pkl$/.test(name))
  if (pickles.length === 1) return (pickles[0] as string).slice(0, -'data.pkl'.length)
  throw refusal(`holds ${pickles.length === 0 ? 'no' : 'more than one'} data.pkl`, {
    ...{
      file,
      reason: 'pickle-missing',
      hint: 'this is a zip, but not one that PyTorch wrote: give a .ckpt or .safetensors',
    },
  })
}

async function checkByteOrder(zip: ZipArchive, root: string, file: string): Promise<void> {
  const entry = zip.entries.get(`${root}byteorder`)
  if (entry === undefined) return
  const order = entry.size > 16 ? '' : new TextDecoder().decode(await zip.read(entry))
  if (order.trim() === 'little') return
  throw refusal(`has numbers in the byte order ${JSON.stringify(order)}`, { file, reason: 'storage-byte-order' })
}

// ---- what the names in the pickle mean -----------------------------------------------------------------------------

function torchWorld(zip: ZipArchive, root: string, file: string): PickleWorld {
  const refuse = (reason: RefusalReason, message: string) => refusal(message, { file, reason })
  const opaque = (value: object): PickleOpaque => ({ kind: 'opaque', value })

  const storage: PickleWorld['persistent'] = id => {
    const [tag, type, key, , elements] = itemsOf(id)
    const known = storageTypes[nameOf(type).replace(/^torch\./, '')]
    if (tag !== 'storage' || known === undefined || typeof key !== 'string' || !isCount(elements)) {
      throw refuse('storage-type', 'refers to a storage of an unknown kind')
    }
    const entry = zip.entries.get(`${root}data/${key}`)
    if (entry === undefined)
      throw refuse('storage-missing', `refers to the storage ${JSON.stringify(key.slice(0, 80))}, which it has not`)
    if (elements * known.bytes !== entry.size) {
      const stated = `${elements} numbers of ${known.bytes} bytes`
      throw refuse('storage-size', `says that the storage ${key} has ${stated}, and has ${entry.size} bytes of it`)
    }
    return opaque(new Storage(entry, known, elements))
  }

  const tensor = (args: readonly PickleValue[]): PickleValue => {
    const [from, offset, size, stride] = args
    const own = opaqueOf(from)
    const shape = itemsOf(size)
    const strides = itemsOf(stride)
    const numeric = [offset, ...shape, ...strides].every(isCount)
    if (!(own instanceof Storage) || !numeric || shape.length !== strides.length || shape.length > maxRank) {
      throw refuse('tensor-shape', 'has a tensor whose shape, strides or offset are no counts')
    }
    const view = new View(own, offset as number, { shape: shape as number[], strides: strides as number[] })
    const shown = `[${shape.join(', ')}]`
    if (!Number.isSafeInteger(view.numbers) || view.numbers > own.elements) {
      throw refuse('tensor-expanded', `has a tensor ${shown} of a storage of ${own.elements} numbers`)
    }
    if (!(view.offset + view.span <= own.elements)) {
      throw refuse(
        'tensor-outside',
        `has a tensor ${shown} that reaches outside of its storage of ${own.elements} numbers`,
      )
    }
    return opaque(view)
  }

  const ordered = (args: readonly PickleValue[]): PickleDict => {
    const pairs = args.length === 0 ? [] : itemsOf(args[0])
    if (args.length > 1 || pairs.length > 0)
      throw refuse('pickle-arguments', 'makes an ordered dictionary in an unknown way')
    return { kind: 'dict', entries: new Map() }
  }

  return {
    persistent: storage,
    names: new Map<string, ((args: readonly PickleValue[]) => PickleValue) | null>([
      ['collections.OrderedDict', ordered],
      ['torch._utils._rebuild_tensor_v2', tensor],
      // a parameter is its tensor
      ['torch._utils._rebuild_parameter', ([value = null]) => value],
      ['torch.Size', ([items = null]) => ({ kind: 'tuple', items: [...itemsOf(items)] })],
      ...Object.keys(storageTypes).map(name => [`torch.${name}`, null] as const),
    ]),
  }
}

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

// ---- what was read -------------------------------------------------------------------------------------------------

/** The tensors of `state_dict` (or of the whole, where that is one), and the numbers beside it. */
function contentOf(content: PickleValue, file: string) {
  const top = entriesOf(content)
  const state = entriesOf(top?.get('state_dict')) ?? top
  const tensors = new Map<string, View>()
  for (const [name, value] of state ?? []) {
    const view = opaqueOf(value)
    if (typeof name === 'string' && view instanceof View) tensors.set(name, view)
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

function foreignTensor(zip: ZipArchive, view: View): ForeignTensor {
  const { storage, shape, offset, span, strides } = view
  const { elementBytes } = storage
  return {
    dtype: storage.dtype,
    shape,
    async read() {
      if (span * elementBytes > Math.max(maxSpanBytes, view.numbers * elementBytes)) {
        throw refusal('has a tensor that is scattered too widely', {
          file: storage.entry.name,
          reason: 'tensor-outside',
        })
      }
      const range = { from: offset * elementBytes, to: (offset + span) * elementBytes }
      return gathered(await zip.read(storage.entry, range), { shape, strides, elementBytes })
    },
  }
}

/** The view's numbers in the order of its indices, the last running fastest. */
function gathered(
  bytes: Uint8Array,
  { shape, strides, elementBytes }: Pick<View, 'shape' | 'strides'> & { readonly elementBytes: number },
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
