/**
 * The networks of a model, shared by all concurrent runs of the sampler: their simultaneous calls become one evaluation. Time and
 * class are inputs per image, so runs of any seed, class, solver and number of steps share evaluations, and a new run joins the
 * others at their next one.
 *
 * Source: iteration-level scheduling, as Orca does for language models (Yu et al., OSDI 2022).
 */
import {
  type DenoiserInputs,
  type EncoderOutputs,
  float32Space,
  type ImageShape,
  type SampleBackend,
} from '@mixflow/core'
import { type Arrays, concatenate, throwIfAborted } from '@mixflow/core/internal'

type Outputs = Readonly<Record<string, Float32Array>>

/** A network that accepts any number of rows. */
export type RunRows = (inputs: Arrays, rows: number) => Promise<Outputs>

interface Call {
  readonly inputs: Arrays
  readonly rows: number
  readonly signal: AbortSignal | undefined
  resolve(outputs: Outputs): void
  reject(error: unknown): void
}

/**
 * Joins simultaneous calls of one network into one batch, and splits the outputs. One evaluation runs at a time; calls that arrive
 * meanwhile form the next batch. So no call waits for a batch to fill, and batches grow with the load.
 */
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
        const last = first + call.rows
        const cut = (values: Float32Array, size: number) => values.subarray(first * size, last * size)
        const parts = Object.entries(outputs).map(([name, values]) => [name, cut(values, values.length / rows)])
        call.resolve(Object.fromEntries(parts))
        first = last
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

/** The networks of a model, as `NodeModel.networks()` returns them. */
export type Networks = Pick<SampleBackend<Float32Array>, 'velocity' | 'encode'>

interface JointBackendParts {
  readonly networks: Networks
  readonly image: ImageShape
  /** Whether κ is the image and noise of the same shape, twice the values. */
  readonly joinsNoise?: boolean
  /** Called after each evaluation of the denoiser. */
  readonly onEvaluation?: (evaluation: { readonly rows: number; readonly seconds: number }) => void
}

export class JointBackend {
  readonly #denoiser: JointCalls
  readonly #encoder: JointCalls | undefined
  readonly #kappaElements: number

  constructor({ networks, image, joinsNoise = false, onEvaluation = () => {} }: JointBackendParts) {
    this.#kappaElements = (joinsNoise ? 2 : 1) * image.channels * image.height * image.width
    const denoise: RunRows = async ({ x, ...inputs }, rows) => {
      const started = performance.now()
      const velocity = await networks.velocity(x as Float32Array, inputs as unknown as DenoiserInputs)
      onEvaluation({ rows, seconds: (performance.now() - started) / 1000 })
      return { velocity }
    }
    this.#denoiser = new JointCalls(denoise)
    const encode = networks.encode?.bind(networks)
    const runEncoder: RunRows = async ({ kappa, label }) =>
      (await encode!(kappa!, label as Int32Array | undefined)) as Readonly<Record<string, Float32Array>>
    this.#encoder = encode && new JointCalls(runEncoder)
  }

  /** The networks for one run of the sampler; after `signal` is aborted, no evaluation of it begins. */
  backend(signal: AbortSignal): SampleBackend<Float32Array> {
    const encoder = this.#encoder
    // κ is one class per image, or float values
    const rowsOf = (kappa: Float32Array | Int32Array) =>
      kappa instanceof Int32Array ? kappa.length : kappa.length / this.#kappaElements
    const velocity = async (x: Float32Array, inputs: DenoiserInputs) => {
      const outputs = await this.#denoiser.call({ x, ...inputs } as Arrays, inputs.t.length, signal)
      return outputs.velocity!
    }
    return {
      space: float32Space,
      upload: images => images,
      download: state => state,
      velocity,
      // both calls are made in one turn of the event loop, so they become one evaluation
      velocityPair: (x, inputs, others) => Promise.all([velocity(x, inputs), velocity(x, others)]),
      ...(encoder && {
        encode: (kappa, label) =>
          encoder.call({ kappa, ...(label && { label }) }, rowsOf(kappa), signal) as Promise<EncoderOutputs>,
      }),
    }
  }
}
