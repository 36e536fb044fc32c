/**
 * Calls of one network that are made at the same time, joined into one: rows of the same inputs one after the other, and of
 * the outputs to each caller its own. One call of the network runs at a time; what is asked for meanwhile makes the next one, so
 * nobody waits for company, and the busier it is the more is joined.
 */
import { type Arrays, concatenate, throwIfAborted } from '@mixflow/core/internal'

export type Outputs = Readonly<Record<string, Float32Array>>

/** A network that takes any number of rows. */
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
  #isAwake = false

  constructor(run: RunRows) {
    this.#run = run
  }

  /**
   * The outputs of these rows. All callers give inputs of the same names, each array with as many rows.
   *
   * @throws MixflowError ABORTED where `signal` was aborted before its turn came; what the network throws for these rows alone.
   */
  async call(inputs: Arrays, rows: number, signal?: AbortSignal): Promise<Outputs> {
    throwIfAborted(signal)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ inputs, rows, signal, resolve, reject })
      if (!this.#isAwake) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isAwake = true
    for (;;) {
      // whoever got outputs asks again in the same turn of the event loop
      await new Promise(resolve => setImmediate(resolve))
      const calls = this.#waiting.splice(0).filter(stillWanted)
      if (calls.length > 0) await this.#runAll(calls)
      else if (this.#waiting.length === 0) break
    }
    this.#isAwake = false
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
      // nobody fails because of somebody else's rows
      else for (const call of calls) if (stillWanted(call)) await this.#runAll([call])
    }
  }
}

function stillWanted({ signal, reject }: Call): boolean {
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
