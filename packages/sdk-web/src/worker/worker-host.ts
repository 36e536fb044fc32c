/**
 * The page's side: one worker for all models of the page, started with the first and terminated with the last. Images are transferred,
 * not copied. If no worker can be started (because of a policy or a bundler), the caller gets the reason and loads the model itself.
 */
import { MixflowError, type ModelCache, SampledImage, type SampleProgress, type SolveRequest } from '@mixflow/core'
import { type RemoteSource, throwIfAborted } from '@mixflow/core/internal'
import type { LoadModelOptions, PlainOptions, WebModel } from '../options.ts'
import type { BinarySource, Pieces } from '../packed/binary.ts'
import { workerScripts } from '../packed/worker-script.ts'
import type { Method, ToPage, ToWorker } from './messages.ts'
import { type Handlers, Moved, Peer, type Questions } from './peer.ts'
import { RemoteModel } from './remote-model.ts'

type HostedOptions = LoadModelOptions & PlainOptions & Pick<BinarySource, 'pieces'>

/** Returns a model in a worker, or a note that says why no worker could be started. */
export async function loadInWorker(
  source: RemoteSource,
  options: HostedOptions,
): Promise<WebModel | { readonly note: string }> {
  const { worker } = options
  const host = await (typeof worker === 'function' ? startHost(worker, () => {}) : sharedHost())
  return 'note' in host ? host : host.load(source, options)
}

type Unstarted = { readonly note: string }

let shared: Promise<WorkerHost | Unstarted> | undefined

function sharedHost(): Promise<WorkerHost | Unstarted> {
  const forget = () => {
    if (shared === mine) shared = undefined
  }
  const start = async (): Promise<WorkerHost | Unstarted> => {
    let unstarted: Unstarted = { note: '' }
    for await (const create of workerScripts()) {
      const host = await startHost(create, () => isStarted && forget())
      if (!('note' in host)) {
        isStarted = true
        return host
      }
      unstarted = host
    }
    return unstarted
  }
  let isStarted = false
  const mine = (shared ??= start())
  mine.then(host => 'note' in host && forget(), forget)
  return mine
}

async function startHost(create: () => Worker, ended: () => void): Promise<WorkerHost | Unstarted> {
  const why = (reason: unknown) => ({ note: `no worker could be started: ${reason}` })
  if (typeof Worker === 'undefined') return why('Worker is not defined')
  let worker: Worker
  try {
    worker = create()
  } catch (error) {
    return why(error instanceof Error ? error.message : error)
  }
  return new Promise(resolve => {
    const host = new WorkerHost(worker, { ended, ready: () => resolve(host) })
    worker.addEventListener('error', event => {
      event.preventDefault()
      resolve(why(event.message || 'its script could not be loaded'))
      host.fail(event.message)
    })
  })
}

interface Call {
  readonly options?: HostedOptions
  readonly onStep?: ((progress: SampleProgress) => unknown) | undefined
  /** What `onStep` has thrown. */
  thrown?: { readonly error: unknown }
}

interface HostEvents {
  ready(): void
  ended(): void
}

class WorkerHost {
  readonly #worker: Worker
  readonly #events: HostEvents
  readonly #peer: Peer<ToWorker>
  readonly #calls = new Map<number, Call>()
  readonly #ended = new AbortController()
  #count = 0
  /** Number of models and of pending loads. */
  #users = 0

  constructor(worker: Worker, events: HostEvents) {
    this.#worker = worker
    this.#events = events
    this.#peer = new Peer<ToWorker>(worker, this.#handlers() as unknown as Handlers<Questions>)
  }

  async load(source: RemoteSource, options: HostedOptions): Promise<WebModel> {
    const { device, dtype, runtime, cache, signal, pieces } = options
    this.#users++
    try {
      const facts = await this.#call({ options }, signal, call =>
        this.#peer.ask('load', {
          call,
          source: source instanceof URL ? source.href : source,
          cache: cache === undefined ? 'own' : cache && 'asked',
          device,
          dtype,
          runtime,
          pieces: { wasm: factsOf(pieces('wasm')), webgpu: factsOf(pieces('webgpu')) },
        }),
      )
      if (signal?.aborted) {
        // the worker had finished before the abort arrived
        await this.#peer.ask('dispose', { model: facts.call })
        throwIfAborted(signal)
      }
      return new RemoteModel(this, facts.call, facts)
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  async run(model: number, method: Method, args: readonly unknown[]) {
    const { plain, signal, onStep } = withoutFunctions(args.at(-1))
    return this.#call({ onStep }, signal, call =>
      this.#peer.ask('run', {
        call,
        model,
        method,
        args: [...args.slice(0, -1), plain],
        seesSteps: onStep !== undefined,
      }),
    )
  }

  async dispose(model: number): Promise<void> {
    if (this.#ended.signal.aborted) return
    try {
      await this.#peer.ask('dispose', { model })
    } finally {
      this.#leave()
    }
  }

  fail(message: string): void {
    const reason = `the model's worker has failed: ${message || 'the browser gives no reason'}`
    this.#end(new MixflowError('DEVICE_LOST', reason, { hint: 'load the model again' }))
  }

  #leave(): void {
    this.#users--
    if (this.#users > 0) return
    this.#end(new MixflowError('MODEL_DISPOSED', 'the model was disposed of', { hint: 'load it again' }))
  }

  #end(error: MixflowError): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#events.ended()
    this.#peer.close(error)
    this.#worker.terminate()
  }

  /** Asks the worker, forwards an abort, and restores errors that cannot be sent: what `onStep` has thrown, and the reason of an abort. */
  async #call<T>(
    call: Call,
    signal: AbortSignal | undefined,
    ask: (id: number) => Promise<T>,
  ): Promise<T & { readonly call: number }> {
    throwIfAborted(signal)
    const id = this.#count++
    const abort = () => void this.#peer.ask('abort', { call: id }).catch(() => {})
    this.#calls.set(id, call)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return { ...(await ask(id)), call: id }
    } catch (error) {
      if (call.thrown !== undefined) throw call.thrown.error
      if (!MixflowError.is(error) || error.code !== 'ABORTED' || signal === undefined) throw error
      throw new MixflowError('ABORTED', error.message, { cause: signal.reason })
    } finally {
      signal?.removeEventListener('abort', abort)
      if (call.options === undefined) this.#calls.delete(id)
    }
  }

  #handlers(): Handlers<ToPage> {
    return {
      ready: async ({ lock }) => {
        const { signal } = this.#ended
        const ended = () => this.fail('the browser terminated it, possibly for lack of memory')
        // granted when the worker, which holds the lock, has ended
        if (lock !== null) navigator.locks.request(lock, { signal }, ended).catch(() => {})
        this.#events.ready()
      },
      progress: async ({ call, progress }) => {
        this.#calls.get(call)?.options?.onProgress?.(progress)
      },
      step: async ({ call: id, progress }) => {
        const call = this.#calls.get(id)
        const preview = async () =>
          (await this.#peer.ask('preview', { call: id })).map(image => new SampledImage(image))
        try {
          await call?.onStep?.({ ...progress, preview })
        } catch (error) {
          if (call !== undefined) call.thrown = { error }
          throw error
        }
      },
      piece: async ({ call, device, index }) => this.#calls.get(call)!.options!.pieces(device)!.read(index),
      cache: async ({ call, method, key, bytes }) => {
        const cache = this.#calls.get(call)?.options?.cache as ModelCache
        if (method === 'put') await cache.put(key, bytes!)
        else if (method === 'delete') await cache.delete(key)
        else {
          const found = await cache.match(key)
          // the cache keeps its memory, so a copy is transferred; `slice` of a Buffer would not copy
          const copy = found && Uint8Array.from(found)
          return copy && new Moved(copy, [copy.buffer])
        }
        return undefined
      },
    }
  }
}

const factsOf = (pieces: Pieces | undefined) => pieces && { bytes: pieces.bytes, count: pieces.count }

/** Separates the signal and the callback, which cannot be sent, from a request. Values of another type stay, so that the model reports them. */
function withoutFunctions(request: unknown): { readonly plain: unknown } & Pick<SolveRequest, 'signal' | 'onStep'> {
  if (typeof request !== 'object' || request === null) return { plain: request }
  const { signal, onStep } = request as Pick<SolveRequest, 'signal' | 'onStep'>
  const taken = {
    ...(signal instanceof AbortSignal && { signal }),
    ...(typeof onStep === 'function' && { onStep }),
  }
  return { plain: Object.fromEntries(Object.entries(request).filter(([key]) => !(key in taken))), ...taken }
}
