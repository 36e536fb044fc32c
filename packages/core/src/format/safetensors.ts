/**
 * The safetensors format: eight bytes with the header's length, a JSON header with each tensor's dtype, shape and location,
 * then the tensors' bytes, without gaps. After the format's public description and the checks of its reference
 * implementation (huggingface/safetensors), a few of them stricter: keys must be unique, numbers plain counts.
 *
 * Reading looks at the header only and returns views; a file is wholly valid or refused, so no tensor can reach outside
 * it or overlap another, and memory use is bounded by the bytes that were handed in. Writing is deterministic, in the
 * reference's order: dtypes of larger alignment first, then by name; metadata keys by name; header padded to 8 bytes.
 */

import type { MixflowError } from '../errors.ts'
import { type Bytes, concatenate } from '../util/values.ts'
import { dictionary, integer, invalid, type Location, list, record, text, within, word } from './schema.ts'
import { type JsonObject, parseStrictJson } from './strict-json.ts'
import { dtypeBits, type StoredTensor, type TensorDtype, tensorDtypes } from './tensor-dtype.ts'

export interface Safetensors {
  /** By name, in the file's order of bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The header's `__metadata__`; empty where there is none. */
  readonly metadata: ReadonlyMap<string, string>
}

export interface SafetensorsOptions {
  /** The file's name in messages. */
  readonly name?: string
  /** Maximum size of the header in bytes, at most 100 MB. Default: 16 MiB, some 100,000 tensors. */
  readonly maxHeaderBytes?: number
}

const headerCap = 100_000_000
const metadataKey = '__metadata__'
const entry = record({
  dtype: word(tensorDtypes),
  shape: list(integer(), { max: 64 }),
  data_offsets: list(integer(), { min: 2, max: 2 }),
})

/** Where a tensor is in its file. */
export interface TensorRange extends Pick<StoredTensor, 'dtype' | 'shape'> {
  /** First byte, from the beginning of the file. */
  readonly offset: number
  readonly length: number
}

export interface SafetensorsLayout {
  /** By name, in the file's order of bytes. */
  readonly tensors: ReadonlyMap<string, TensorRange>
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * Reads a whole file. The tensors' `bytes` are views of `bytes`: they share its memory.
 *
 * @throws MixflowError SAFETENSORS_INVALID; `details.reason`: `truncated`, `header-too-large`, `header-start`,
 * `offset-order`, `offset-gap`, `offset-overlap`, `overflow`, `length`, `trailing-bytes`, or a word of `StrictJsonReason`
 * or `SchemaReason`.
 */
export function parseSafetensors(bytes: Uint8Array, options: SafetensorsOptions = {}): Safetensors {
  const { tensors, metadata } = safetensorsLayout(bytes, bytes.length, options)
  const views = [...tensors].map(([name, { dtype, shape, offset, length }]) => {
    const tensor: StoredTensor = { dtype, shape, bytes: bytes.subarray(offset, offset + length) }
    return [name, tensor] as const
  })
  return { tensors: new Map(views), metadata }
}

/**
 * How many bytes the beginning of a file has, up to the first tensor's: what `safetensorsLayout` wants to see of it.
 *
 * @param first at least the first eight bytes of the file
 * @throws MixflowError SAFETENSORS_INVALID; `details.reason`: `truncated`, `header-too-large`
 */
export function safetensorsHeaderBytes(first: Uint8Array, options: SafetensorsOptions = {}): number {
  const location = locationOf(options)
  if (first.length < 8) throw truncated(location, { expected: 8, found: first.length })
  const view = new DataView(first.buffer, first.byteOffset, 8)
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true)
  const cap = headerLimit(options)
  if (length <= cap) return 8 + length
  throw invalid(location, 'header-too-large', `says that its header has ${length} bytes; at most ${cap} are read`, {
    hint: 'this is no safetensors file, or a damaged one: look at what is in it',
  })
}

/**
 * Where the tensors of a file are, from its beginning alone, so that a large file can be read in pieces.
 *
 * @param start the file's first bytes, `safetensorsHeaderBytes` of them or more
 * @param fileBytes size of the whole file
 * @throws as `parseSafetensors`
 */
export function safetensorsLayout(
  start: Uint8Array,
  fileBytes: number,
  options: SafetensorsOptions = {},
): SafetensorsLayout {
  const location = locationOf(options)
  const header = readHeader(start, options, location)
  const { [metadataKey]: rawMetadata, ...rawEntries } = header.json
  const metadata = rawMetadata === undefined ? new Map<string, string>() : readMetadata(rawMetadata, location)
  const entries = Object.entries(rawEntries).map(([name, raw]) => ({
    name,
    ...entry(raw, within(location, show(name))),
  }))
  entries.sort((a, b) => a.data_offsets[0]! - b.data_offsets[0]! || a.data_offsets[1]! - b.data_offsets[1]!)

  const dataBytes = fileBytes - header.end
  const tensors = new Map<string, TensorRange>()
  let end = 0
  for (const { name, dtype, shape, data_offsets } of entries) {
    const at = within(location, show(name))
    const [from, to] = data_offsets as [number, number]
    if (to < from) throw invalid(at, 'offset-order', `ends at byte ${to}, before it starts at ${from}`)
    if (from > end)
      throw invalid(at, 'offset-gap', `starts at byte ${from}; the bytes from ${end} on belong to no tensor`)
    if (from < end) throw invalid(at, 'offset-overlap', `starts at byte ${from}, inside another tensor (to ${end})`)
    const size = byteSize({ dtype, shape }, at)
    if (to - from !== size) {
      throw invalid(at, 'length', `has ${to - from} bytes; ${dtype} [${shape.join(', ')}] needs ${size}`)
    }
    if (to > dataBytes) throw truncated(location, { expected: header.end + to, found: fileBytes })
    tensors.set(name, { dtype, shape, offset: header.end + from, length: size })
    end = to
  }
  if (end < dataBytes)
    throw invalid(location, 'trailing-bytes', `has ${dataBytes - end} bytes that belong to no tensor`)
  return { tensors, metadata }
}

const locationOf = ({ name }: SafetensorsOptions): Location => ({
  what: name ?? 'safetensors file',
  code: 'SAFETENSORS_INVALID',
  path: '',
})

const headerLimit = ({ maxHeaderBytes = 16 * 2 ** 20 }: SafetensorsOptions): number =>
  Math.min(maxHeaderBytes, headerCap)

/** What is written: maps, or records (whose key order plays no part). */
export interface SafetensorsInput {
  readonly tensors: ReadonlyMap<string, StoredTensor> | Readonly<Record<string, StoredTensor>>
  readonly metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>
}

/**
 * The file in pieces: the header, then the bytes of each tensor, viewed and not copied. Their concatenation is the file;
 * a large one can so be hashed and written without a second copy in memory.
 *
 * @throws MixflowError SAFETENSORS_INVALID where `parseSafetensors` would not read the result.
 */
export function safetensorsChunks(input: SafetensorsInput): Uint8Array[] {
  const tensors = new Map(entriesOf(input.tensors))
  for (const [name, tensor] of tensors) checkTensor(name, tensor, within(locationOf({}), show(name)))
  const { header, order } = safetensorsHeader({ ...input, tensors })
  return [header, ...order.map(name => tensors.get(name)!.bytes)]
}

export interface SafetensorsHeader {
  /** The first bytes of the file. */
  readonly header: Uint8Array
  /** In which order the tensors' bytes follow. */
  readonly order: readonly string[]
}

/**
 * The beginning of a file whose tensors are written after it one by one, none of them being at hand yet.
 *
 * @throws MixflowError SAFETENSORS_INVALID where `parseSafetensors` would not read the result.
 */
export function safetensorsHeader(input: {
  readonly tensors: ReadonlyMap<string, Pick<StoredTensor, 'dtype' | 'shape'>>
  readonly metadata?: SafetensorsInput['metadata']
}): SafetensorsHeader {
  const location = locationOf({})
  const rank = (dtype: TensorDtype) => tensorDtypes.indexOf(dtype)
  const tensors = [...input.tensors]
    .map(([name, tensor]) => ({ name, ...checkForm(name, tensor, within(location, show(name))) }))
    .sort((a, b) => rank(b.dtype) - rank(a.dtype) || compareNames(a.name, b.name))

  const lines: string[] = []
  if (input.metadata !== undefined)
    lines.push(`${JSON.stringify(metadataKey)}:${metadataJson(input.metadata, location)}`)
  let offset = 0
  for (const { name, dtype, shape, length } of tensors) {
    lines.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, offset + length] })}`)
    offset += length
  }
  return { header: encodeHeader(`{${lines.join(',')}}`, location), order: tensors.map(({ name }) => name) }
}

/** The file as one array. */
export function writeSafetensors(input: SafetensorsInput): Bytes {
  return concatenate(safetensorsChunks(input)) as Bytes
}

function readHeader(
  start: Uint8Array,
  options: SafetensorsOptions,
  location: Location,
): { json: JsonObject; end: number } {
  const end = safetensorsHeaderBytes(start, options)
  if (end > start.length) throw truncated(location, { expected: end, found: start.length })
  if (start[8] !== 0x7b || end === 8)
    throw invalid(location, 'header-start', 'has a header that does not start with "{"')
  const json = parseStrictJson(start.subarray(8, end), {
    what: `header of ${location.what}`,
    code: location.code,
    maxDepth: 3,
    maxBytes: headerLimit(options),
    onlyCounts: true,
  })
  return { json: json as JsonObject, end }
}

const anyText = text({ min: 0, max: headerCap })
const strings = dictionary(anyText, { max: 100_000 })

function readMetadata(value: unknown, location: Location): Map<string, string> {
  return new Map(Object.entries(strings(value, within(location, metadataKey))))
}

function checkTensor(name: string, tensor: StoredTensor, at: Location): void {
  const { dtype, shape, length } = checkForm(name, tensor, at)
  if (length === tensor.bytes.length) return
  throw invalid(at, 'length', `has ${tensor.bytes.length} bytes; ${dtype} [${shape.join(', ')}] needs ${length}`)
}

function checkForm(name: string, tensor: Pick<StoredTensor, 'dtype' | 'shape'>, at: Location) {
  if (name === metadataKey) throw invalid(at, 'word', `is the format's own word, no name for a tensor`)
  checkText(name, at)
  const { dtype, shape } = entry({ dtype: tensor.dtype, shape: tensor.shape, data_offsets: [0, 0] }, at)
  return { dtype, shape, length: byteSize({ dtype, shape }, at) }
}

function byteSize({ dtype, shape }: Pick<StoredTensor, 'dtype' | 'shape'>, at: Location): number {
  let bits: number = dtypeBits[dtype]
  for (const size of shape) {
    bits *= size
    if (!Number.isSafeInteger(bits))
      throw invalid(at, 'overflow', `has the shape [${shape.join(', ')}], beyond any file`)
  }
  if (bits % 8 !== 0) throw invalid(at, 'length', `has ${bits} bits, no whole number of bytes`)
  return bits / 8
}

function metadataJson(metadata: NonNullable<SafetensorsInput['metadata']>, location: Location): string {
  const at = within(location, metadataKey)
  const pairs = entriesOf(metadata).sort(([a], [b]) => compareNames(a, b))
  const lines = pairs.map(([key, value]) => {
    checkText(key, at)
    return `${JSON.stringify(key)}:${JSON.stringify(checkText(value, within(at, show(key))))}`
  })
  return `{${lines.join(',')}}`
}

function encodeHeader(json: string, location: Location): Uint8Array {
  const utf8 = new TextEncoder().encode(json)
  const padded = Math.ceil(utf8.length / 8) * 8
  if (padded > headerCap)
    throw invalid(location, 'header-too-large', `needs a header of ${padded} bytes; ${headerCap} is the most`)
  const header = new Uint8Array(8 + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(utf8, 8)
  return header
}

function checkText(value: string, at: Location): string {
  if (!/\p{Surrogate}/u.test(anyText(value, at))) return value
  throw invalid(at, 'pattern', 'has half a surrogate pair, which UTF-8 cannot hold')
}

function truncated(location: Location, size: { readonly expected: number; readonly found: number }): MixflowError {
  return invalid(location, 'truncated', `is cut short: ${size.found} of at least ${size.expected} bytes`, {
    hint: 'fetch or write the file again',
    details: size,
  })
}

function entriesOf<T>(values: ReadonlyMap<string, T> | Readonly<Record<string, T>>): [string, T][] {
  return values instanceof Map ? [...values] : Object.entries(values)
}

const compareNames = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const show = (name: string) => JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name)
