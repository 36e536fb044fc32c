/** `POST /v1/images` and `/v1/variations`: from the body to the images in the form that the client accepts, or to a stream of what happens meanwhile. */
import { MixflowError, type SampledImage, type SampleProgress } from '@mixflow/core'
import { nearest, type ResolvedRequest } from '@mixflow/core/internal'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import type { AppParts, Env } from '../app.ts'
import type { ImagesWanted, ModelRunner } from '../batching/model-runner.ts'
import { eventStream } from '../http/event-stream.ts'
import { asMixflowError, httpError, type Problem, problemOf } from '../http/problem.ts'
import { readJson } from '../http/read-json.ts'
import type { StreamEvents } from './answers.ts'
import { base64Png, checkPicture, costOf, encoders, imageRecord, type MediaType, mediaTypes } from './encode-images.ts'
import { type ImagesRequestSchema, parseRequest, type VariationsRequestSchema } from './images-request.ts'
import { mostPngBytes, readPng } from './read-png.ts'

interface Call {
  readonly runner: ModelRunner
  readonly wanted: ImagesWanted
  readonly hasPreviews: boolean
  /** Of the client that goes, and the server that ends. */
  readonly signal: AbortSignal
}

export const createImages =
  (parts: AppParts, schema: ImagesRequestSchema | VariationsRequestSchema) =>
  async (c: Context<Env>): Promise<Response> => {
    if (parts.stop.aborted || parts.isStopping()) throw stopping()
    const type = acceptedType(c)
    const shapes = [...parts.runners.values()].map(({ model }) => model.manifest.image)
    // base64 has four characters for three bytes
    const imageBytes = 'image' in schema.shape ? Math.ceil((4 / 3) * Math.max(...shapes.map(mostPngBytes))) : 0
    const body = parseRequest(await readJson(c.env.incoming, imageBytes), schema)
    const { model: name, preview, ...request } = body
    const runner = findRunner(name, parts.runners)
    const wanted = withPicture(request, runner)
    checkPicture(runner.model.manifest.image.channels, type)
    if (preview !== undefined && type !== 'text/event-stream') {
      throw new MixflowError('REQUEST_INVALID', 'preview is for streams', {
        hint: 'leave it out, or ask for a stream: Accept: text/event-stream',
      })
    }
    const { signal, release } = endSignal(c.req.raw.signal, parts.stop)
    const call: Call = { runner, wanted, hasPreviews: preview === true, signal }
    if (type === 'text/event-stream') return streamed(c, call, release)
    try {
      const made = await runner.run(wanted, { signal, onAccepted: request => note(c, runner, request) })
      const { channels, height, width } = runner.model.manifest.image
      return c.body(await encoders[type]({ ...made, model: runner.name }), 200, {
        'content-type': type,
        'mixflow-seed': String(made.seed),
        'mixflow-shape': [made.images.length, channels, height, width].join(','),
        ...labelHeader(made.images),
      })
    } finally {
      release()
    }
  }

type Body = Omit<ImagesWanted, 'picture'> & { readonly image?: string }

/** The request with its image decoded, where it has one. */
function withPicture({ image, ...request }: Body, { model }: ModelRunner): ImagesWanted {
  if (image === undefined) return request
  const picture = readPng(Buffer.from(image, 'base64'), model.manifest.image)
  return { ...request, picture }
}

/** The class of all images, where they have the same one. */
function labelHeader(images: readonly SampledImage[]): Record<string, string> {
  const [label, ...others] = new Set(images.map(image => image.label))
  return label === undefined || others.length > 0 ? {} : { 'mixflow-label': String(label) }
}

/** The answer begins when the request is taken on; what is refused is refused as ever. */
function streamed(
  c: Context<Env>,
  { runner, wanted, hasPreviews, signal }: Call,
  release: () => void,
): Promise<Response> {
  const stream = eventStream<StreamEvents & { readonly problem: Problem }>()
  return new Promise((resolve, reject) => {
    const onAccepted = (request: ResolvedRequest) => {
      const { seed, count, firstImage } = request
      note(c, runner, request)
      stream.send('accepted', { model: runner.name, seed, count, firstImage })
      resolve(c.body(stream.body, 200, { 'content-type': 'text/event-stream', 'mixflow-seed': String(seed) }))
    }
    const onStep = async (progress: SampleProgress) => {
      if (stream.isReady()) stream.send('step', await stepRecord(progress, hasPreviews))
    }
    runner
      .run(wanted, {
        ...{ signal, onAccepted, onStep },
        onImages: images => {
          for (const image of images) stream.send('image', imageRecord(image))
        },
      })
      .then(made => stream.send('done', costOf(made)))
      .catch(error => {
        const known = asMixflowError(error)
        // before it was accepted, the status tells
        reject(known)
        c.get('report')(known)
        stream.send('problem', problemOf(known, c.get('requestId')))
      })
      .finally(() => {
        release()
        stream.end()
      })
  })
}

async function stepRecord(progress: SampleProgress, hasPreviews: boolean): Promise<StreamEvents['step']> {
  const { step, steps = null, t, firstImage, images, fraction } = progress
  const previews = hasPreviews ? { previews: (await progress.preview()).map(base64Png) } : {}
  return { step, steps, t, firstImage, images, fraction, ...previews }
}

function acceptedType(c: Context<Env>): MediaType {
  const found = accepts(c, { header: 'Accept', supports: [...mediaTypes], default: '' })
  const accept = c.req.header('accept')
  if (found !== '') return found as MediaType
  if (accept === undefined || /\*\/\*/.test(accept)) return mediaTypes[0]
  const message = `images cannot be sent as ${JSON.stringify(accept.slice(0, 100))}`
  throw httpError(406, message, { hint: `Accept one of ${mediaTypes.join(', ')}` })
}

function findRunner(name: string | undefined, runners: ReadonlyMap<string, ModelRunner>): ModelRunner {
  const names = [...runners.keys()]
  const all = `models: ${names.join(', ')}`
  if (name === undefined && names.length > 1) {
    throw new MixflowError('REQUEST_INVALID', 'there are several models, and "model" is missing', { hint: all })
  }
  const runner = runners.get(name ?? names[0]!)
  if (runner !== undefined) return runner
  const near = nearest(name!, names)
  throw new MixflowError('MODEL_NOT_FOUND', `no model is called ${JSON.stringify(name!.slice(0, 100))} here`, {
    hint: near === undefined ? all : [`did you mean "${near}"?`, all],
    details: { name, nearest: near },
  })
}

/** Aborted when the client goes or the server ends, with the error that says so. */
function endSignal(client: AbortSignal, stop: AbortSignal) {
  const end = new AbortController()
  const onGone = () => end.abort(new MixflowError('ABORTED', 'the client has gone'))
  const onStop = () => end.abort(stop.reason)
  client.addEventListener('abort', onGone)
  stop.addEventListener('abort', onStop)
  if (client.aborted) onGone()
  const release = () => {
    client.removeEventListener('abort', onGone)
    stop.removeEventListener('abort', onStop)
  }
  return { signal: end.signal, release }
}

function note(c: Context<Env>, { name }: ModelRunner, { count, seed }: ResolvedRequest): void {
  c.set('facts', { model: name, images: count, seed })
}

export const stopping = (): MixflowError =>
  new MixflowError('SERVER_STOPPING', 'the server is about to end', {
    hint: 'ask again later, or another one',
    details: { retryAfterSeconds: 5 },
  })
