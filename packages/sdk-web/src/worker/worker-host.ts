/**
 * The page's side of the worker: one worker for all models of the page, started with the first and ended with the last. A model is
 * asked by messages; images move, they are not copied. Where no worker starts (a policy, a bundler that does not know this
 * form) the caller learns why and does the work itself.
 */
import { MixflowError, type ModelCache, SampledImage, type SampleProgress, type SolveRequest } from '@mixflow/core'
import { type RemotePlace, throwIfAborted } from '@mixflow/core/internal'
import type { WebModel } from '../load-model.ts'
import type { LoadModelOptions, PlainOptions } from '../options.ts'
import type { BinarySource, Pieces } from '../packed/binary.ts'
import { workerScripts } from '../packed/worker-script.ts'
import { watchLifeline } from './lifeline.ts'
import type { Method, ToPage, ToWorker } from './messages.ts'
import { type Handlers, Moved, Peer, type Questions } from './peer.ts'
import { RemoteModel } from './remote-model.ts'

type HostedOptions = LoadModelOptions & PlainOptions & Pick<BinarySource, 'pieces'>

/** A model in a worker, or a note why there is none. */
export async function loadInWorker(
  place: RemotePlace,
  options: HostedOptions,
): Promise<WebModel | { readonly note: string }> {
  const { worker } = options
  const host = await (typeof worker === 'function' ? startHost(worker, () => {}) : sharedHost())
  return 'note' in host ? host : host.load(place, options)
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
  if (typeof Worker === 'undefined') return why('there are none here')
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
  /** What `onStep` threw. */
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
  /** Models, and loads that may become one. */
  #users = 0

  constructor(worker: Worker, events: HostEvents) {
    this.#worker = worker
    this.#events = events
    this.#peer = new Peer<ToWorker>(worker, this.#handlers() as unknown as Handlers<Questions>)
  }

  async load(place: RemotePlace, options: HostedOptions): Promise<WebModel> {
    const { device, dtype, runtime, cache, signal, pieces } = options
    const kept = cache === undefined ? 'own' : cache && 'asked'
    this.#users++
    try {
      const facts = await this.#call({ options }, signal, call =>
        this.#peer.ask('load', {
          ...{ call, place: place instanceof URL ? place.href : place, cache: kept, device, dtype },
          ...{ runtime, pieces: { wasm: factsOf(pieces('wasm')), webgpu: factsOf(pieces('webgpu')) } },
        }),
      )
      if (signal?.aborted) {
        // too late for the worker to hear of it
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
    this.#end(
      new MixflowError(
        'DEVICE_LOST',
        `the worker that the model ran in has failed: ${message || 'no reason is given'}`,
        {
          hint: 'load the model again',
        },
      ),
    )
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

  /** Asks, passes an abort on, and gives errors the causes that only the page knows. */
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
      ready: async ({ lifeline }) => {
        const ended = () => this.fail('the browser ended it, perhaps for want of memory')
        if (lifeline !== null) watchLifeline(lifeline, this.#ended.signal, ended)
        this.#events.ready()
        return undefined
      },
      progress: async ({ call, progress }) => {
        this.#calls.get(call)?.options?.onProgress?.(progress)
        return undefined
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
        return undefined
      },
      piece: async ({ call, device, index }) => {
        const pieces = this.#calls.get(call)?.options?.pieces(device)
        return pieces!.read(index)
      },
      cache: async ({ call, method, key, bytes }) => {
        const cache = this.#calls.get(call)?.options?.cache as ModelCache
        if (method === 'put') await cache.put(key, bytes!)
        else if (method === 'delete') await cache.delete(key)
        else {
          const found = await cache.match(key)
          // a copy of its own, which `slice` of a Buffer is not: the cache keeps its memory
          const kept = found && Uint8Array.from(found)
          return kept && new Moved(kept, [kept.buffer])
        }
        return undefined
      },
    }
  }
}

const factsOf = (pieces: Pieces | undefined) => pieces && { bytes: pieces.bytes, count: pieces.count }

/** A request in two parts: what can be sent, and what stays here. What is neither is left in, to be refused. */
function withoutFunctions(request: unknown): { readonly plain: unknown } & Pick<SolveRequest, 'signal' | 'onStep'> {
  if (typeof request !== 'object' || request === null) return { plain: request }
  const { signal, onStep, ...rest } = request as Pick<SolveRequest, 'signal' | 'onStep'>
  const isSignal = signal instanceof AbortSignal
  const isFunction = typeof onStep === 'function'
  return {
    plain: {
      ...rest,
      ...(signal !== undefined && !isSignal && { signal }),
      ...(onStep !== undefined && !isFunction && { onStep }),
    },
    ...(isSignal && { signal }),
    ...(isFunction && { onStep }),
  }
}
