/**
 * The worker's side: models that live here, for a page that asks. The worker that `loadModel` starts by itself runs this; one of
 * your own runs it with `import { serveModels } from '@mixflow/sdk-web/worker'; serveModels()`.
 */
import { MixflowError, type ModelCache, type SampleProgress, type SourceDraw } from '@mixflow/core'
import { type LocalModel, openModel } from '../local/open-model.ts'
import { holdLifeline } from './lifeline.ts'
import type { Method, MethodResult, RunCall, ToPage, ToWorker } from './messages.ts'
import { type Handlers, Moved, Peer, type Port, type Questions } from './peer.ts'

/**
 * Answers the page that started this worker.
 *
 * @param threadScript address of the script that a thread of WebAssembly runs. Default: none, and one thread
 */
export function serveModels(port: Port = globalThis as unknown as Port, threadScript?: string): void {
  const models = new Map<number, LocalModel>()
  const running = new Map<number, AbortController>()
  const previews = new Map<number, SampleProgress['preview']>()

  /** Work that the page may abort. */
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
    load: ({ call: id, place, cache, pieces, runtime, ...options }) =>
      call(id, async signal => {
        const report = (progress: ToPage['progress'][0]['progress']) =>
          void peer.ask('progress', { call: id, progress })
        const places = { own: undefined, asked: askedCache(peer, id) }
        const model = await openModel(typeof place === 'string' ? new URL(place) : place, {
          ...{ ...options, signal, report },
          runtime: { ...runtime, ...(threadScript !== undefined && { threadScript }) },
          pieces: device =>
            pieces[device] && { ...pieces[device], read: index => peer.ask('piece', { call: id, device, index }) },
          cache: cache && places[cache],
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
      return undefined
    },
    async dispose({ model: id }) {
      await models.get(id)?.dispose()
      return undefined
    },
  }
  const peer = new Peer<ToPage>(port, handlers as unknown as Handlers<Questions>)
  void holdLifeline().then(lifeline => peer.ask('ready', { lifeline }))
}

type Extras = { readonly signal: AbortSignal; readonly onStep?: (progress: SampleProgress) => Promise<void> }

function runMethod(model: LocalModel, { method, args }: RunCall, extras: Extras) {
  const request = args.at(-1)
  // what is no record is refused by the model, in its own words
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

/** Images of a batch share their memory. */
const buffersOf = (arrays: readonly Float32Array[]) => [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))]

function askedCache(peer: Peer<ToPage>, call: number): ModelCache {
  return {
    match: key => peer.ask('cache', { call, method: 'match', key }),
    put: async (key, bytes) => void (await peer.ask('cache', { call, method: 'put', key, bytes })),
    delete: async key => void (await peer.ask('cache', { call, method: 'delete', key })),
  }
}
