/**
 * The worker's side: loads and runs models for the page. The worker that `loadModel` starts calls `serveModels`; a custom worker does so
 * with `import { serveModels } from '@mixflow/sdk-web/worker'; serveModels()`.
 */
import { MixflowError, type ModelCache, type SampleProgress, type SourceDraw } from '@mixflow/core'
import { type LocalModel, openModel } from '../local/open-model.ts'
import type { Method, MethodResult, RunCall, ToPage, ToWorker } from './messages.ts'
import { type Handlers, Moved, Peer, type Port, type Questions } from './peer.ts'

/**
 * Serves models to the page that started this worker.
 *
 * @param port Default: the worker's global scope
 * @param threadScript URL of the script that WebAssembly threads run. Default: none, which means one thread
 */
export function serveModels(port: Port = globalThis as unknown as Port, threadScript?: string): void {
  const models = new Map<number, LocalModel>()
  const running = new Map<number, AbortController>()
  const previews = new Map<number, SampleProgress['preview']>()

  /** Runs work that the page may abort. */
  const call = async <T>(id: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      return await work(controller.signal)
    } finally {
      running.delete(id)
      previews.delete(id)
    }
  }

  const handlers: Handlers<ToWorker> = {
    load: ({ call: id, source, cache, pieces, runtime, ...options }) =>
      call(id, async signal => {
        const caches = { own: undefined, asked: pageCache(peer, id) }
        const model = await openModel(typeof source === 'string' ? new URL(source) : source, {
          ...options,
          signal,
          report: progress => void peer.ask('progress', { call: id, progress }),
          runtime: { ...runtime, ...(threadScript !== undefined && { threadScript }) },
          pieces: device =>
            pieces[device] && { ...pieces[device], read: index => peer.ask('piece', { call: id, device, index }) },
          cache: cache && caches[cache],
        })
        models.set(id, model)
        return { manifest: model.manifest, capabilities: model.capabilities() }
      }),
    run: run =>
      call(run.call, async signal => {
        const model = models.get(run.model)
        if (model === undefined)
          throw new MixflowError('MODEL_DISPOSED', 'the model was disposed of', { hint: 'load it again' })
        const onStep = async ({ preview, ...progress }: SampleProgress) => {
          previews.set(run.call, preview)
          await peer.ask('step', { call: run.call, progress })
          previews.delete(run.call)
        }
        const result = await runMethod(model, run, { signal, ...(run.seesSteps && { onStep }) })
        return new Moved({ result, capabilities: model.capabilities() }, buffersOf(numbersOf(result)))
      }),
    async preview({ call: id }) {
      const images = (await previews.get(id)?.()) ?? []
      return new Moved(images, buffersOf(images.map(({ data }) => data)))
    },
    async abort({ call: id }) {
      running.get(id)?.abort()
    },
    async dispose({ model: id }) {
      await models.get(id)?.dispose()
    },
  }
  const peer = new Peer<ToPage>(port, handlers as unknown as Handlers<Questions>)
  void holdLock().then(lock => peer.ask('ready', { lock }))
}

/**
 * Holds a Web Lock until this worker ends and returns its name; null if the browser has no Web Locks. The page waits for the lock,
 * because no event says that a worker has ended, for example for lack of memory.
 */
async function holdLock(): Promise<string | null> {
  const { locks } = navigator as { readonly locks?: LockManager }
  if (locks === undefined) return null
  const name = `mixflow ${crypto.randomUUID()}`
  return new Promise(resolve => {
    const held = locks.request(name, () => {
      resolve(name)
      return new Promise(() => {})
    })
    held.catch(() => resolve(null))
  })
}

type Extras = { readonly signal: AbortSignal; readonly onStep?: (progress: SampleProgress) => Promise<void> }

function runMethod(model: LocalModel, { method, args }: RunCall, extras: Extras) {
  const request = args.at(-1)
  // the model reports a request that is not an object
  const whole =
    typeof request === 'object' && request !== null && !Array.isArray(request) ? { ...extras, ...request } : request
  const methods: Record<Method, (...all: never[]) => Promise<MethodResult>> = model
  return methods[method].call(model, ...([...args.slice(0, -1), whole] as never[]))
}

function numbersOf(result: MethodResult): Float32Array[] {
  if ('images' in result) return result.images.map(({ data }) => data)
  const { x0, mean, logVariance }: Partial<Pick<SourceDraw, 'x0' | 'mean' | 'logVariance'>> = result
  return [x0, mean, logVariance].filter(numbers => numbers !== undefined)
}

/** Without duplicates: the images of a batch share a buffer. */
const buffersOf = (arrays: readonly Float32Array[]) => [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))]

function pageCache(peer: Peer<ToPage>, call: number): ModelCache {
  return {
    match: key => peer.ask('cache', { call, method: 'match', key }),
    put: async (key, bytes) => void (await peer.ask('cache', { call, method: 'put', key, bytes })),
    delete: async key => void (await peer.ask('cache', { call, method: 'delete', key })),
  }
}
