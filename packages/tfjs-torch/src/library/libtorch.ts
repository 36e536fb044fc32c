/**
 * libtorch's stable C interface, bound by koffi: the few functions that create, copy, read and delete tensors, and the
 * dispatcher, which calls any ATen operator by its name with a stack of 64-bit values ("StableIValue"):
 *
 *   integers and booleans as they are; a double by its bits; a tensor as a handle whose ownership passes to the callee; an absent
 *   optional as 0, a present one as a pointer to its value; a list as a handle, owned by the callee.
 *
 * See torch/csrc/stable/c/shim.h and torch/csrc/inductor/aoti_torch/c/shim.h of PyTorch.
 */

import { join } from 'node:path'
import koffi from 'koffi'
import { TorchBackendError } from '../errors.ts'

/** Address of a tensor object of libtorch. Addresses of user space fit into 48 bits, so a number holds them exactly. */
export type Handle = number

export interface TorchVersion {
  readonly major: number
  readonly minor: number
}

/** The oldest libtorch that has the functions used here. */
export const oldestVersion: TorchVersion = { major: 2, minor: 11 }

export const scalarTypes = {
  uint8: 0,
  int32: 3,
  int64: 4,
  float32: 6,
  float64: 7,
  complex64: 9,
  bool: 11,
  bfloat16: 15,
} as const
export type ScalarType = keyof typeof scalarTypes

/** Device types of c10/core/DeviceType.h. */
export const deviceTypes = { cpu: 0, cuda: 1, xpu: 12, mps: 13 } as const
export type DeviceName = keyof typeof deviceTypes

/** The file name of the library that registers the operators, by platform. */
export const libraryFile = (platform: string = process.platform): string =>
  platform === 'win32' ? 'torch_cpu.dll' : platform === 'darwin' ? 'libtorch_cpu.dylib' : 'libtorch_cpu.so'

const declarations = {
  abiVersion: 'uint64_t aoti_torch_abi_version()',
  dispatch: 'int torch_call_dispatcher(void*, void*, void*, uint64_t)',
  fromBlob:
    'int aoti_torch_create_tensor_from_blob(void*, int64_t, void*, void*, int64_t, int32_t, int32_t, int32_t, void*)',
  clone: 'int aoti_torch_clone(uint64_t, void*)',
  newHandle: 'int aoti_torch_new_tensor_handle(uint64_t, void*)',
  deleteTensor: 'int aoti_torch_delete_tensor_object(uint64_t)',
  copy: 'int aoti_torch_copy_(uint64_t, uint64_t, int32_t)',
  emptyStrided: 'int aoti_torch_empty_strided(int64_t, void*, void*, int32_t, int32_t, int32_t, void*)',
  stride: 'int aoti_torch_get_stride(uint64_t, int64_t, void*)',
  full: 'int aoti_torch_aten_full(void*, int64_t, double, void*, void*, void*, int32_t, void*, void*)',
  pad: 'int aoti_torch_aten_pad(uint64_t, void*, int64_t, const char*, void*, void*)',
  subtract: 'int aoti_torch_aten_subtract_Tensor(uint64_t, uint64_t, double, void*)',
  newList: 'int torch_new_list_reserve_size(size_t, void*)',
  pushBack: 'int torch_list_push_back(uint64_t, uint64_t)',
  newString: 'int torch_new_string_handle(const char*, size_t, void*)',
} as const

/** Absent from libtorch 2.11. */
const newerDeclarations = {
  newValue: 'int torch_new_stable_ivalue(void*)',
  lastError: 'const char* torch_exception_get_what_without_backtrace()',
} as const

type Native = (...args: unknown[]) => number
type Functions = Readonly<Record<keyof typeof declarations, Native>> & {
  /** A 64-bit value on the heap, which the callee deletes: the form of an optional argument that is present. */
  readonly newValue: (value: bigint) => number
  readonly lastError: () => string
}

export interface Libtorch extends Functions {
  readonly version: TorchVersion
  /** The version as the dispatcher takes it. */
  readonly versionWord: bigint
}

export interface LoadOptions {
  /** Size of libtorch's thread pool on a CPU. Default: one per physical core */
  readonly threads?: number | undefined
  /** Load the kernels of CUDA, too: half a gigabyte, with NVIDIA's libraries. Default: false */
  readonly cuda?: boolean
}

/**
 * Loads libtorch from a folder (`torch/lib` of a wheel).
 *
 * @throws TorchBackendError LIBRARY_UNSUPPORTED
 */
export function loadLibtorch(folder: string, { threads, cuda = false }: LoadOptions = {}): Libtorch {
  const path = join(folder, libraryFile())
  const fail = (message: string, cause?: unknown): never => {
    throw new TorchBackendError('LIBRARY_UNSUPPORTED', message, {
      hint: `libtorch ${oldestVersion.major}.${oldestVersion.minor} or newer is needed: pip install torch`,
      cause,
    })
  }
  let library: ReturnType<typeof koffi.load>
  try {
    if (threads !== undefined) process.env.OMP_NUM_THREADS = `${threads}`
    library = koffi.load(path)
    if (cuda) koffi.load(join(folder, process.platform === 'win32' ? 'torch_cuda.dll' : 'libtorch_cuda.so'))
  } catch (cause) {
    return fail(`${path} could not be loaded: ${(cause as Error).message}`, cause)
  }
  const bind = (declaration: string): Native => {
    try {
      return library.func(declaration) as unknown as Native
    } catch (cause) {
      return fail(`${path} lacks a function: ${declaration}`, cause)
    }
  }
  const bound = Object.fromEntries(
    Object.entries(declarations).map(([name, text]) => [name, bind(text)]),
  ) as unknown as Functions
  const word = BigInt(bound.abiVersion())
  const version = { major: Number(word >> 56n), minor: Number((word >> 48n) & 255n) }
  const { major, minor } = version
  if (major < oldestVersion.major || (major === oldestVersion.major && minor < oldestVersion.minor)) {
    return fail(`${path} is libtorch ${major}.${minor}`)
  }
  const optional = (declaration: string): Native | null => {
    try {
      return library.func(declaration) as unknown as Native
    } catch {
      return null
    }
  }
  const lastError = optional(newerDeclarations.lastError) as (() => string) | null
  return {
    ...bound,
    newValue: heapValue(optional(newerDeclarations.newValue) ?? allocateByOperatorNew()),
    lastError: lastError ?? (() => `libtorch ${major}.${minor} does not report why`),
    version,
    versionWord: word,
  }
}

function heapValue(allocate: Native): (value: bigint) => number {
  const out = new BigUint64Array(1)
  return value => {
    allocate(out)
    koffi.encode(out[0] as bigint, 'uint64_t', value)
    return Number(out[0])
  }
}

/** C++'s operator new, which `torch_new_stable_ivalue` is in libtorch 2.12 and newer. */
function allocateByOperatorNew(): Native {
  const runtime = koffi.load(process.platform === 'darwin' ? 'libc++.1.dylib' : 'libstdc++.so.6')
  const allocate = runtime.func('uintptr_t _Znwm(size_t)')
  return out => {
    ;(out as BigUint64Array)[0] = BigInt(allocate(8))
    return 0
  }
}
