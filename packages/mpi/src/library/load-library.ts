/**
 * An MPI library, bound by koffi. Implementations differ in the type of a handle and in their constants:
 *
 * | ABI | library | a handle | constants |
 * |---|---|---|---|
 * | `standard` | libmpi_abi (MPI 5) | pointer | small integers, fixed by MPI 5.0, chapter 20 |
 * | `openmpi` | libmpi of Open MPI 4 and 5 | pointer | addresses of symbols of the library |
 * | `mpich` | libmpi, libmpich of MPICH and its kin | int | integers of MPICH's mpi.h |
 */

import { basename } from 'node:path'
import koffi from 'koffi'
import { MpiError } from '../errors.ts'
import { installHint } from './find-library.ts'
import type { Family } from './launcher.ts'

/** What a call in a thread may need: MPICH 4.0 needs more than koffi's 128 KB. */
const stackSize = 2 ** 22
try {
  koffi.config({ async_stack_size: stackSize })
} catch {
  // koffi refuses once a library is loaded, by whoever uses it in this process
}

/** Whether functions can run in threads. */
export const hasStack = (): boolean => (koffi.config().async_stack_size ?? 0) >= stackSize

export type Abi = 'standard' | 'openmpi' | 'mpich'

type Handle = number | bigint

interface Constants {
  readonly world: Handle
  readonly float32: Handle
  readonly float64: Handle
  readonly byte: Handle
  readonly sum: Handle
  readonly max: Handle
  readonly errorsReturn: Handle
  readonly inPlace: number
  readonly statusIgnore: number
  readonly threadSerialized: number
}

const standard: Constants = {
  world: 0x101,
  float32: 0x210,
  float64: 0x214,
  byte: 0x247,
  sum: 0x21,
  max: 0x23,
  errorsReturn: 0x143,
  inPlace: 1,
  statusIgnore: 0,
  threadSerialized: 2048,
}

/** As signed integers of 32 bits. */
const mpich: Constants = {
  world: 0x44000000,
  float32: 0x4c00040a,
  float64: 0x4c00080b,
  byte: 0x4c00010d,
  sum: 0x58000003,
  max: 0x58000001,
  errorsReturn: 0x54000001,
  inPlace: -1,
  statusIgnore: 1,
  threadSerialized: 2,
}

const openmpiSymbols = {
  world: 'ompi_mpi_comm_world',
  float32: 'ompi_mpi_float',
  float64: 'ompi_mpi_double',
  byte: 'ompi_mpi_byte',
  sum: 'ompi_mpi_op_sum',
  max: 'ompi_mpi_op_max',
  errorsReturn: 'ompi_mpi_errors_return',
} as const

/** H is a handle; a pointer that may be a constant such as MPI_IN_PLACE is an intptr_t. */
const declarations = {
  libraryVersion: 'int MPI_Get_library_version(void*, void*)',
  initialized: 'int MPI_Initialized(void*)',
  initThread: 'int MPI_Init_thread(intptr_t, intptr_t, int, void*)',
  finalize: 'int MPI_Finalize()',
  abort: 'int MPI_Abort(H, int)',
  errorString: 'int MPI_Error_string(int, void*, void*)',
  setErrorHandler: 'int MPI_Comm_set_errhandler(H, H)',
  commRank: 'int MPI_Comm_rank(H, void*)',
  commSize: 'int MPI_Comm_size(H, void*)',
  allReduce: 'int MPI_Allreduce(intptr_t, void*, int, H, H, H)',
  startAllReduce: 'int MPI_Iallreduce(intptr_t, void*, int, H, H, H, void*)',
  test: 'int MPI_Test(void*, void*, intptr_t)',
  broadcast: 'int MPI_Bcast(void*, int, H, int, H)',
  gather: 'int MPI_Gatherv(void*, int, H, void*, void*, void*, H, int, H)',
} as const

export interface Native {
  (...args: unknown[]): number
  /** Runs in a thread; the last argument is a callback with error and result. */
  async(...args: unknown[]): void
}

export interface MpiLibrary extends Readonly<Record<keyof typeof declarations, Native>> {
  readonly path: string
  readonly abi: Abi
  /** First line of what the library says of itself, such as 'Open MPI v4.1.4'. */
  readonly version: string
  /** Null if the version names no known implementation. */
  readonly family: Family | null
  readonly constants: Constants
}

/** @throws MpiError LIBRARY_UNSUPPORTED */
export function loadLibrary(path: string): MpiLibrary {
  const fail = (message: string, cause: unknown): never => {
    throw new MpiError('LIBRARY_UNSUPPORTED', message, { hint: installHint, cause })
  }
  let library: ReturnType<typeof koffi.load>
  try {
    library = koffi.load(path)
  } catch (cause) {
    return fail(`${path} could not be loaded: ${(cause as Error).message}`, cause)
  }
  const address = (symbol: string): bigint => koffi.address(library.symbol(symbol, 'char'))
  const has = (symbol: string): boolean => {
    try {
      return address(symbol) !== 0n
    } catch {
      return false
    }
  }
  const abi: Abi = /mpi_abi/.test(basename(path)) ? 'standard' : has(openmpiSymbols.world) ? 'openmpi' : 'mpich'
  const handle = abi === 'mpich' ? 'int' : 'intptr_t'
  const bind = (declaration: string): Native => {
    try {
      return library.func(declaration.replace(/\bH\b/g, handle)) as unknown as Native
    } catch (cause) {
      return fail(`${path} lacks a function: ${declaration}`, cause)
    }
  }
  const bound = Object.fromEntries(
    Object.entries(declarations).map(([name, text]) => [name, bind(text)]),
  ) as unknown as Record<keyof typeof declarations, Native>
  const version = versionOf(bound.libraryVersion)
  return { ...bound, path, abi, version, family: familyOf(version), constants: constantsOf(abi, address) }
}

function constantsOf(abi: Abi, address: (symbol: string) => bigint): Constants {
  if (abi !== 'openmpi') return abi === 'standard' ? standard : mpich
  const handles = Object.fromEntries(Object.entries(openmpiSymbols).map(([name, symbol]) => [name, address(symbol)]))
  return {
    ...(handles as Record<keyof typeof openmpiSymbols, bigint>),
    inPlace: 1,
    statusIgnore: 0,
    threadSerialized: 2,
  }
}

/** May be called before MPI is initialized. */
function versionOf(libraryVersion: Native): string {
  // the largest MPI_MAX_LIBRARY_VERSION_STRING
  const [text, length] = [Buffer.alloc(8192), new Int32Array(new ArrayBuffer(4))]
  libraryVersion(text, length)
  const [line = ''] = text.toString('utf8', 0, text.indexOf(0)).split('\n')
  return line.replaceAll(/\s+/g, ' ').replace(/,.*/, '').trim()
}

const familyOf = (version: string): Family | null =>
  /^Open MPI/i.test(version) ? 'openmpi' : /MPICH|MVAPICH|Intel/i.test(version) ? 'mpich' : null
