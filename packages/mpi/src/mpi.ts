/**
 * One rank of an MPI world. Each collective operation has two parts:
 *
 * 1. Agreement: a non-blocking all-reduce of a few numbers that describe the call. It ends when all ranks have arrived; until then, a rank tests for
 *    it and sleeps in between, a tenth of the time that it has waited, so that waiting costs no core. Ranks whose calls differ all learn so.
 * 2. The operation itself, which now waits for nobody: MPI's blocking function, the fastest it has, in a thread if it may take long.
 *
 * Operations of a rank run one after the other, in the order of the calls. MPI promises no order of a sum, but repeats it for the same number of
 * ranks and the same length, as Open MPI and MPICH do here.
 */

import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { MpiError } from './errors.ts'
import { hasStack, type MpiLibrary, type Native } from './library/load-library.ts'

/** What can be summed. */
export type Floats = Float32Array | Float64Array
/** What can be sent. */
export type Values = Floats | Uint8Array

export const reductions = ['sum', 'mean'] as const
export type Reduction = (typeof reductions)[number]

export interface WaitOptions {
  /** The longest sleep between two tests whether the other ranks have arrived, in ms; 0 tests without a pause. Default: 5 */
  readonly maxSleepMs?: number | undefined
}

/** What the launcher says. Default: computed from the names of the machines. */
interface LocalRank {
  readonly localRank?: number | null | undefined
  readonly localSize?: number | null | undefined
}

const operations = ['allReduce', 'broadcast', 'gather', 'barrier', 'finalize'] as const
type Operation = (typeof operations)[number]

/** Types in the order of their codes in an agreement. */
const types = ['Float32Array', 'Float64Array', 'Uint8Array'] as const

/** Calls that move less run on the main thread: a thread costs more than they take. In bytes. */
const shortCall = 16_384

/** Elements in one call: counts are ints, and sums of this size stay in a processor's cache no better if larger. */
const longestCall = 2 ** 28

/** What a call is, as the ranks compare it. */
interface Call {
  readonly operation: Operation
  readonly values?: Values
  /** -1 where lengths may differ. */
  readonly length?: number
  readonly root?: number
  readonly reduction?: Reduction
}

export class Mpi {
  readonly rank: number
  /** Number of ranks. */
  readonly size: number
  /** Rank among those of the same machine, such as the number of the GPU to take. */
  readonly localRank: number
  /** Number of ranks on this machine. */
  readonly localSize: number
  /** Such as 'Open MPI v4.1.4'. */
  readonly libraryVersion: string
  readonly #library: MpiLibrary
  readonly #maxSleepMs: number
  readonly #hasThreads: boolean
  #isOpen = true
  #waitedMs = 0
  #last: Promise<unknown> = Promise.resolve()

  /** Initializes MPI, which a process can do once. Blocks until all ranks have come so far. @throws MpiError STATE_INVALID, CALL_FAILED */
  constructor(library: MpiLibrary, { maxSleepMs = 5, ...local }: WaitOptions & LocalRank = {}) {
    this.#library = library
    this.#maxSleepMs = maxSleepMs
    this.libraryVersion = library.version
    const { world, errorsReturn, threadSerialized } = library.constants
    if (this.#number(library.initialized) !== 0) {
      throw new MpiError('STATE_INVALID', 'MPI was already initialized in this process', {
        hint: 'call init once, and pass its result to whoever needs it',
      })
    }
    this.#hasThreads = this.#number(library.initThread, 0, 0, threadSerialized) >= threadSerialized && hasStack()
    this.#check(library.setErrorHandler(world, errorsReturn), 'MPI_Comm_set_errhandler')
    this.rank = this.#number(library.commRank, world)
    this.size = this.#number(library.commSize, world)
    const neighbours = this.#neighbours()
    this.localRank = local.localRank ?? neighbours.filter(rank => rank < this.rank).length
    this.localSize = local.localSize ?? neighbours.length
    process.on('exit', this.#onExit)
    process.on('uncaughtExceptionMonitor', this.#onError)
  }

  /** Time that this rank has spent waiting for others to arrive, in ms. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  /**
   * Sums an array over all ranks, element by element, in place: afterwards each rank has the sum, or with 'mean' the sum divided by the number of ranks.
   *
   * @param values of the same type and length on each rank
   * @returns `values`
   * @throws MpiError ARGUMENT_INVALID, CALLS_DIFFER, STATE_INVALID, CALL_FAILED
   */
  async allReduce<T extends Floats>(values: T, reduction: Reduction = 'sum'): Promise<T> {
    checkValues(values, 'allReduce', ['Float32Array', 'Float64Array'])
    if (!reductions.includes(reduction)) {
      throw invalid(`the reduction of allReduce is ${show(reduction)}`, `one of ${reductions.join(', ')}`)
    }
    return this.#enqueue({ operation: 'allReduce', values, length: values.length, reduction }, async () => {
      const { inPlace, sum, world } = this.#library.constants
      for (const part of parts(values)) {
        await this.#run(part.byteLength, 'allReduce', inPlace, part, part.length, this.#type(part), sum, world)
      }
      if (reduction === 'mean') for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / this.size
      return values
    })
  }

  /**
   * Copies an array from one rank to all others, in place.
   *
   * @param values of the same type and length on each rank
   * @param root the rank whose values are copied. Default: 0
   * @returns `values`
   * @throws MpiError ARGUMENT_INVALID, CALLS_DIFFER, STATE_INVALID, CALL_FAILED
   */
  async broadcast<T extends Values>(values: T, root = 0): Promise<T> {
    checkValues(values, 'broadcast', types)
    this.#checkRoot(root, 'broadcast')
    return this.#enqueue({ operation: 'broadcast', values, length: values.length, root }, async () => {
      for (const part of parts(values)) {
        const { world } = this.#library.constants
        await this.#run(part.byteLength, 'broadcast', part, part.length, this.#type(part), root, world)
      }
      return values
    })
  }

  /**
   * Collects an array of each rank on one of them.
   *
   * @param values of the same type on each rank; lengths may differ
   * @param root the rank that receives. Default: 0
   * @returns on the root, the arrays in the order of the ranks; null on the others
   * @throws MpiError ARGUMENT_INVALID, also if all together have more than 2³¹ − 1 elements; CALLS_DIFFER, STATE_INVALID, CALL_FAILED
   */
  async gather<T extends Values>(values: T, root = 0): Promise<T[] | null> {
    checkValues(values, 'gather', types)
    this.#checkRoot(root, 'gather')
    return this.#enqueue({ operation: 'gather', values, root }, () => this.#gather(values, root))
  }

  /** Ends when all ranks have called it. @throws MpiError CALLS_DIFFER, STATE_INVALID, CALL_FAILED */
  barrier(): Promise<void> {
    return this.#enqueue({ operation: 'barrier' }, async () => {})
  }

  /** Ends all ranks at once. @param code exit status of the launcher. Default: 1 */
  abort(code = 1): never {
    if (!Number.isInteger(code) || code < 0 || code > 255)
      throw invalid(`the code of abort is ${show(code)}`, '0 to 255')
    if (this.#isOpen) {
      this.#isOpen = false
      // MPICH's launcher drops what is still on its way from this process
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      this.#library.abort(this.#library.constants.world, code)
    }
    process.exit(code)
  }

  /** Leaves MPI when all ranks have called it; nothing can be called afterwards. @throws MpiError CALLS_DIFFER, STATE_INVALID, CALL_FAILED */
  finalize(): Promise<void> {
    return this.#enqueue({ operation: 'finalize' }, async () => {
      this.#isOpen = false
      process.off('exit', this.#onExit)
      process.off('uncaughtExceptionMonitor', this.#onError)
      this.#check(this.#library.finalize(), 'MPI_Finalize')
    })
  }

  /** The ranks whose machine has the same name, this one among them. All ranks come here from MPI's own start, so nobody waits long. */
  #neighbours(): number[] {
    const { inPlace, float64, sum, world } = this.#library.constants
    const machines = new Float64Array(new ArrayBuffer(8 * this.size))
    const own = createHash('sha256').update(hostname()).digest().readUIntBE(0, 6)
    machines[this.rank] = own
    this.#check(this.#library.allReduce(inPlace, machines, this.size, float64, sum, world), 'MPI_Allreduce')
    return [...machines.keys()].filter(rank => machines[rank] === own)
  }

  /** A rank that ends without `finalize` would leave the others waiting. (If its exit status is not 0, launchers end them, too.) */
  readonly #onExit = (code: number): void => {
    if (!this.#isOpen || code !== 0) return
    process.stderr.write(`rank ${this.rank} exits without finalize(): the other ranks are ended\n`)
    this.abort()
  }

  readonly #onError = (error: unknown): void => {
    if (!this.#isOpen || process.listenerCount('uncaughtException') > 0) return
    process.stderr.write(`rank ${this.rank}: ${inspect(error)}\n`)
    this.abort()
  }

  #enqueue<T>(call: Call, run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      if (!this.#isOpen) {
        throw new MpiError('STATE_INVALID', `${call.operation} was called after finalize`, {
          hint: 'finalize ends MPI for this process: call it last',
        })
      }
      await this.#agree(call)
      return run()
    })
    this.#last = result.catch(() => {})
    return result
  }

  /** The maximum of each number and of its negative, which is the minimum, over all ranks. */
  readonly #agreement = new Float64Array(new ArrayBuffer(80))
  readonly #request = new BigInt64Array(new ArrayBuffer(8))
  readonly #flag = new Int32Array(new ArrayBuffer(4))

  /** @throws MpiError CALLS_DIFFER, on all ranks alike */
  async #agree({ operation, values, length = -1, root = -1, reduction = 'sum' }: Call): Promise<void> {
    if (this.size === 1) return
    const type = values === undefined ? -1 : types.indexOf(typeOf(values))
    const own = [operations.indexOf(operation), type, length, root, reductions.indexOf(reduction)]
    own.forEach((value, i) => {
      this.#agreement[2 * i] = value
      this.#agreement[2 * i + 1] = -value
    })
    const { inPlace, float64, max, world } = this.#library.constants
    const { startAllReduce } = this.#library
    this.#check(startAllReduce(inPlace, this.#agreement, 10, float64, max, world, this.#request), 'MPI_Iallreduce')
    await this.#wait()
    const [most, least] = [own.map((_, i) => this.#agreement[2 * i]), own.map((_, i) => -this.#agreement[2 * i + 1]!)]
    const i = own.findIndex((_, at) => most[at] !== least[at])
    if (i < 0) return
    const texts: ((value: number) => string)[] = [
      value => operations[value] ?? '',
      value => types[value] ?? 'nothing',
      value => `an array of length ${value}`,
      value => `root ${value}`,
      value => `reduction ${reductions[value]}`,
    ]
    const text = texts[i] as (value: number) => string
    throw new MpiError(
      'CALLS_DIFFER',
      `rank ${this.rank} calls ${operation} with ${text(own[i] as number)}, others with ${text((own[i] === most[i] ? least[i] : most[i]) as number)}`,
      { hint: 'all ranks have to make the same calls in the same order; only the lengths in gather may differ' },
    )
  }

  async #wait(): Promise<void> {
    const start = performance.now()
    const { test, constants } = this.#library
    for (;;) {
      this.#check(test(this.#request, this.#flag, constants.statusIgnore), 'MPI_Test')
      const waited = performance.now() - start
      if (this.#flag[0] !== 0) {
        this.#waitedMs += waited
        return
      }
      // a timer sleeps for 1 ms or more, so the first moments are spent testing
      if (waited < 1 || this.#maxSleepMs === 0) await nextTurn()
      else await sleep(Math.min(this.#maxSleepMs, Math.max(1, waited / 10)))
    }
  }

  async #gather<T extends Values>(values: T, root: number): Promise<T[] | null> {
    const { float64, sum, world, inPlace } = this.#library.constants
    const lengths = new Float64Array(new ArrayBuffer(8 * this.size))
    lengths[this.rank] = values.length
    await this.#run(lengths.byteLength, 'allReduce', inPlace, lengths, this.size, float64, sum, world)
    const total = lengths.reduce((a, b) => a + b, 0)
    if (total > 2 ** 31 - 1) throw invalid(`all ranks gather ${total} elements`, 'at most 2147483647; gather in parts')
    const isRoot = this.rank === root
    const type = values.constructor as new (length: number) => T
    const all = new type(isRoot ? total : 0)
    const counts = Int32Array.from(lengths)
    const offsets = new Int32Array(this.size)
    for (let i = 1; i < this.size; i++) offsets[i] = (offsets[i - 1] as number) + (counts[i - 1] as number)
    if (total > 0) {
      const code = this.#type(values)
      const bytes = total * values.BYTES_PER_ELEMENT
      const send = [onHeap(values), values.length, code] as const
      await this.#run(bytes, 'gather', ...send, onHeap(all), onHeap(counts), onHeap(offsets), code, root, world)
    }
    if (!isRoot) return null
    return Array.from(offsets, (start, i) => all.subarray(start, start + (counts[i] as number)) as T)
  }

  /** Calls a blocking function, in a thread if it moves many bytes. */
  async #run(bytes: number, name: 'allReduce' | 'broadcast' | 'gather', ...args: unknown[]): Promise<void> {
    const call: Native = this.#library[name]
    if (bytes <= shortCall || !this.#hasThreads) return this.#check(call(...args), name)
    const code = await new Promise<number>((resolve, reject) => {
      call.async(...args, (error: unknown, result: number) => (error ? reject(error) : resolve(result)))
    })
    this.#check(code, name)
  }

  #type(values: Values): number | bigint {
    const { float32, float64, byte } = this.#library.constants
    return { Float32Array: float32, Float64Array: float64, Uint8Array: byte }[typeOf(values)]
  }

  #checkRoot(root: number, operation: Operation): void {
    if (Number.isInteger(root) && root >= 0 && root < this.size) return
    throw invalid(`the root of ${operation} is ${show(root)}`, `a rank from 0 to ${this.size - 1}`)
  }

  /** The int that a function writes to its last argument. */
  #number(call: Native, ...args: unknown[]): number {
    const result = new Int32Array(new ArrayBuffer(4))
    this.#check(call(...args, result), 'MPI')
    return result[0] as number
  }

  /** @throws MpiError CALL_FAILED */
  #check(code: number, name: string): void {
    if (code === 0) return
    const [text, length] = [Buffer.alloc(512), new Int32Array(new ArrayBuffer(4))]
    this.#library.errorString(code, text, length)
    const reason = text.toString('utf8', 0, length[0])
    throw new MpiError('CALL_FAILED', `${name} failed on rank ${this.rank}: ${reason}`, {
      hint: 'the other ranks may wait for this one: end them with abort()',
    })
  }
}

/** Subarrays of at most `longestCall` elements; none of an empty array. */
function* parts<T extends Values>(values: T): Generator<T> {
  for (let i = 0; i < values.length; i += longestCall) yield onHeap(values.subarray(i, i + longestCall) as T)
}

/** Small arrays live inside of V8's objects, which move; reading `buffer` gives them memory that does not. */
function onHeap<T extends ArrayBufferView>(values: T): T {
  void values.buffer
  return values
}

const typeOf = (values: Values): (typeof types)[number] =>
  values instanceof Float32Array ? 'Float32Array' : values instanceof Float64Array ? 'Float64Array' : 'Uint8Array'

const tags = { Float32Array, Float64Array, Uint8Array } as const

function checkValues(values: unknown, operation: Operation, allowed: readonly (keyof typeof tags)[]): void {
  if (allowed.some(name => values instanceof tags[name])) return
  throw invalid(`${operation} was called with ${show(values)}`, `a ${allowed.join(' or ')}`)
}

const invalid = (problem: string, expected: string): MpiError =>
  new MpiError('ARGUMENT_INVALID', `${problem}; expected ${expected}`)

const show = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `a value of type ${value.constructor?.name ?? 'Object'}`
    : (JSON.stringify(value) ?? String(value))
