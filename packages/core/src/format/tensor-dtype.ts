/**
 * The element types of safetensors and how their bytes become typed arrays. The table is in the format's own order of
 * increasing alignment, which also orders the tensors in a written file.
 *
 * Numbers are little-endian in the file and are viewed with the machine's own order, which is the same on every platform
 * with an engine that this package supports. The 8-bit floats and smaller, and complex numbers, are recognised, carried
 * and written, but not decoded.
 */
import { MixflowError } from '../errors.ts'
import { show } from '../util/strict.ts'
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './float16.ts'

/** Bits per element of every dtype there is. */
export const dtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const

export type TensorDtype = keyof typeof dtypeBits

export const tensorDtypes = Object.keys(dtypeBits) as readonly TensorDtype[]

/** One tensor as it is in a file: C order, little-endian. */
export interface StoredTensor {
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** What `tensorValues` can return: float16 and bfloat16 come widened to float32, booleans as 0 and 1. */
export type TensorValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

type TypedArrayClass = new (buffer: ArrayBufferLike, offset: number, length: number) => TensorValues

const viewClass: Partial<Record<TensorDtype, TypedArrayClass & { readonly BYTES_PER_ELEMENT: number }>> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
}

/**
 * The elements of a tensor as a typed array: a view of `tensor.bytes` where these are aligned for it, else a copy.
 *
 * @throws MixflowError SAFETENSORS_INVALID, reason `dtype-not-decodable` for the 8-bit floats and smaller and for C64,
 * `bool-value` for a boolean that is neither 0 nor 1, `length` where the bytes do not divide into elements.
 */
export function tensorValues(tensor: StoredTensor): TensorValues {
  const { dtype } = tensor
  const values = view(tensor)
  if (dtype === 'F16') return decodeFloat16(values as Uint16Array)
  if (dtype === 'BF16') return decodeBfloat16(values as Uint16Array)
  if (dtype === 'BOOL' && (values as Uint8Array).some(value => value > 1)) {
    throw failed('bool-value', 'a BOOL tensor has a byte that is neither 0 nor 1')
  }
  return values
}

/**
 * The elements of a float32, float16 or bfloat16 tensor as float32 (exact).
 *
 * @throws MixflowError SAFETENSORS_INVALID, reason `dtype-not-float` for every other dtype: nothing is narrowed silently.
 */
export function float32Values(tensor: StoredTensor): Float32Array {
  if (tensor.dtype === 'F32' || tensor.dtype === 'F16' || tensor.dtype === 'BF16') {
    return tensorValues(tensor) as Float32Array
  }
  throw failed('dtype-not-float', `a tensor has dtype ${tensor.dtype} where F32, F16 or BF16 was expected`)
}

const classDtype: readonly (readonly [abstract new (...args: never[]) => TensorValues, TensorDtype])[] = [
  [Float64Array, 'F64'],
  [Float32Array, 'F32'],
  [BigInt64Array, 'I64'],
  [BigUint64Array, 'U64'],
  [Int32Array, 'I32'],
  [Uint32Array, 'U32'],
  [Int16Array, 'I16'],
  [Uint16Array, 'U16'],
  [Int8Array, 'I8'],
  [Uint8Array, 'U8'],
]

/**
 * A tensor to be written, from a typed array (viewed, not copied) and its shape. Its class gives the dtype; `dtype` asks
 * for another one: F16 or BF16 from float32 (rounded to nearest, ties to even), BOOL from a Uint8Array of 0 and 1.
 *
 * @throws MixflowError ARGUMENT_INVALID for a dtype that the array cannot become. The shape is checked on writing.
 */
export function storedTensor(
  values: TensorValues,
  shape: readonly number[],
  options: { readonly dtype?: TensorDtype } = {},
): StoredTensor {
  const own = classDtype.find(([type]) => values instanceof type)?.[1]
  const dtype = options.dtype ?? own
  if (dtype === undefined) {
    throw new MixflowError('ARGUMENT_INVALID', `storedTensor takes a typed array, got ${show(values)}`, {
      hint: 'for example Float32Array.from(values)',
    })
  }
  if (dtype === own || (dtype === 'BOOL' && own === 'U8')) return { dtype, shape, bytes: bytesOf(values) }
  if (own === 'F32' && dtype === 'F16') return { dtype, shape, bytes: bytesOf(encodeFloat16(values as Float32Array)) }
  if (own === 'F32' && dtype === 'BF16') return { dtype, shape, bytes: bytesOf(encodeBfloat16(values as Float32Array)) }
  throw new MixflowError('ARGUMENT_INVALID', `a ${values.constructor.name} cannot be stored as ${dtype}`, {
    hint: 'convert the values first; F16 and BF16 are made from a Float32Array, BOOL from a Uint8Array',
    details: { dtype, from: own },
  })
}

const bytesOf = (values: TensorValues) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

function view(tensor: StoredTensor): TensorValues {
  const type = viewClass[tensor.dtype]
  if (type === undefined) throw failed('dtype-not-decodable', `dtype ${tensor.dtype} is not decoded by this package`)
  const { byteLength } = tensor.bytes
  const size = type.BYTES_PER_ELEMENT
  if (byteLength % size !== 0) throw failed('length', `${byteLength} bytes are no whole number of ${tensor.dtype}`)
  // not `slice`, which gives a view where the bytes are a Buffer of Node
  const bytes = tensor.bytes.byteOffset % size === 0 ? tensor.bytes : Uint8Array.from(tensor.bytes)
  return new type(bytes.buffer, bytes.byteOffset, byteLength / size)
}

function failed(reason: string, message: string): MixflowError {
  return new MixflowError('SAFETENSORS_INVALID', message, {
    hint: 'store the tensor as F32, F64, F16, BF16, I32, I64, U8 or BOOL',
    details: { reason },
  })
}
