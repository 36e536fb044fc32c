/**
 * Joins simultaneous calls of one network into one batch, and splits the outputs. One evaluation runs at a time; calls that
 * arrive meanwhile form the next batch. So no call waits for a batch to fill, and batches grow with the load.
 */
import { type Arrays, concatenate, throwIfAborted } from '@mixflow/core/internal'

export type Outputs = Readonly<Record<string, Float32Array>>

/** A network that accepts any number of rows. */
export type RunRows = (inputs: Arrays, rows: number) => Promise<Outputs>

interface Call {
  readonly inputs: Arrays
  readonly rows: number
  readonly signal: AbortSignal | undefined
  resolve(outputs: Outputs): void
  reject(error: unknown): void
}

export class JointCalls {
  readonly #run: RunRows
  #waiting: Call[] = []
  #isWorking = false

  constructor(run: RunRows) {
    this.#run = run
  }

  /**
   * Evaluates rows. All callers pass inputs of the same names, each array with `rows` rows.
   *
   * @throws MixflowError ABORTED if `signal` is aborted before the evaluation begins; what the network throws for these rows alone
   */
  async call(inputs: Arrays, rows: number, signal?: AbortSignal): Promise<Outputs> {
    throwIfAborted(signal)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ inputs, rows, signal, resolve, reject })
      if (!this.#isWorking) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (;;) {
      // callers that got outputs make their next call in the same turn of the event loop
      await new Promise(resolve => setImmediate(resolve))
      const calls = this.#waiting.splice(0).filter(isActive)
      if (calls.length > 0) await this.#runAll(calls)
      else if (this.#waiting.length === 0) break
    }
    this.#isWorking = false
  }

  async #runAll(calls: readonly Call[]): Promise<void> {
    try {
      const rows = calls.reduce((sum, call) => sum + call.rows, 0)
      const outputs = await this.#run(joined(calls), rows)
      let first = 0
      for (const call of calls) {
        call.resolve(part(outputs, { first, count: call.rows, of: rows }))
        first += call.rows
      }
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error)
      // a call must not fail because of another call's rows
      else for (const call of calls) if (isActive(call)) await this.#runAll([call])
    }
  }
}

function isActive({ signal, reject }: Call): boolean {
  try {
    throwIfAborted(signal)
    return true
  } catch (error) {
    reject(error)
    return false
  }
}

function joined(calls: readonly Call[]): Arrays {
  const [first] = calls as readonly [Call, ...Call[]]
  if (calls.length === 1) return first.inputs
  return Object.fromEntries(
    Object.keys(first.inputs).map(name => [name, concatenate(calls.map(({ inputs }) => inputs[name]!))]),
  )
}

interface Rows {
  readonly first: number
  readonly count: number
  readonly of: number
}

function part(outputs: Outputs, { first, count, of }: Rows): Outputs {
  const cut = (values: Float32Array) => {
    const size = values.length / of
    return values.subarray(first * size, (first + count) * size)
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, cut(values)]))
}
