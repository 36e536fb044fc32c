/** `POST /v1/images` and `/v1/variations`: samples images and responds in the format that the client accepts, or with a stream of events. */
import { MixflowError, type SampledImage, type SampleProgress } from '@mixflow/core'
import { nearest, type ResolvedRequest } from '@mixflow/core/internal'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import type { ModelRunner, SamplingRequest } from '../batching/model-runner.ts'
import { eventStream } from '../http/event-stream.ts'
import { asMixflowError, httpError, type Problem, problemOf } from '../http/problem.ts'
import { readJson } from '../http/request-body.ts'
import type { AppParts, Env } from '../parts.ts'
import type { StreamEvents } from './answers.ts'
import { base64Png, checkChannels, costOf, encoders, imageRecord, type MediaType, mediaTypes } from './encode-images.ts'
import { type ImagesRequestSchema, parseRequest, type VariationsRequestSchema } from './images-request.ts'
import { mostPngBytes, readPng } from './read-png.ts'

interface Call {
  readonly runner: ModelRunner
  readonly request: SamplingRequest
  readonly hasPreviews: boolean
  /** Aborted when the client disconnects or the server stops. */
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
    const { model: name, preview, ...rest } = body
    const runner = findRunner(name, parts.runners)
    const request = withImage(rest, runner)
    checkChannels(runner.model.manifest.image.channels, type)
    if (preview !== undefined && type !== 'text/event-stream') {
      throw new MixflowError('REQUEST_INVALID', 'preview is supported for streams only', {
        hint: 'leave it out, or request a stream: Accept: text/event-stream',
      })
    }
    const { signal, release } = endSignal(c.req.raw.signal, parts.stop)
    const call: Call = { runner, request, hasPreviews: preview === true, signal }
    if (type === 'text/event-stream') return streamed(c, call, release)
    try {
      const result = await runner.run(request, { signal, onAccepted: resolved => noteFacts(c, runner, resolved) })
      const { channels, height, width } = runner.model.manifest.image
      return c.body(await encoders[type]({ ...result, model: runner.name }), 200, {
        'content-type': type,
        'mixflow-seed': String(result.seed),
        'mixflow-shape': [result.images.length, channels, height, width].join(','),
        ...labelHeader(result.images),
      })
    } finally {
      release()
    }
  }

type Body = Omit<SamplingRequest, 'image'> & { readonly image?: string }

/** Decodes the image of the request, if it has one. */
function withImage({ image, ...request }: Body, { model }: ModelRunner): SamplingRequest {
  if (image === undefined) return request
  return { ...request, image: readPng(Buffer.from(image, 'base64'), model.manifest.image) }
}

/** A header with the class of all images, if they have the same one. */
function labelHeader(images: readonly SampledImage[]): Record<string, string> {
  const [label, ...others] = new Set(images.map(image => image.label))
  return label === undefined || others.length > 0 ? {} : { 'mixflow-label': String(label) }
}

/** The stream begins once the request is accepted; a refusal is an ordinary error response. */
function streamed(
  c: Context<Env>,
  { runner, request, hasPreviews, signal }: Call,
  release: () => void,
): Promise<Response> {
  const stream = eventStream<StreamEvents & { readonly problem: Problem }>()
  return new Promise((resolve, reject) => {
    const onAccepted = (resolved: ResolvedRequest) => {
      const { seed, count, firstImage } = resolved
      noteFacts(c, runner, resolved)
      stream.send('accepted', { model: runner.name, seed, count, firstImage })
      resolve(c.body(stream.body, 200, { 'content-type': 'text/event-stream', 'mixflow-seed': String(seed) }))
    }
    const onStep = async (progress: SampleProgress) => {
      if (stream.isReady()) stream.send('step', await stepRecord(progress, hasPreviews))
    }
    runner
      .run(request, {
        signal,
        onAccepted,
        onStep,
        onImages: images => {
          for (const image of images) stream.send('image', imageRecord(image))
        },
      })
      .then(result => stream.send('done', costOf(result)))
      .catch(error => {
        const known = asMixflowError(error)
        reject(known) // has no effect once the request was accepted
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
    throw new MixflowError('REQUEST_INVALID', 'the server has several models, and the request has no "model"', {
      hint: all,
    })
  }
  const runner = runners.get(name ?? names[0]!)
  if (runner !== undefined) return runner
  const near = nearest(name!, names)
  throw new MixflowError('MODEL_NOT_FOUND', `this server has no model named ${JSON.stringify(name!.slice(0, 100))}`, {
    hint: near === undefined ? all : [`did you mean "${near}"?`, all],
    details: { name, nearest: near },
  })
}

/** Aborted with a MixflowError when the client disconnects or the server stops. */
function endSignal(client: AbortSignal, stop: AbortSignal) {
  const end = new AbortController()
  const onDisconnect = () => end.abort(new MixflowError('ABORTED', 'the client disconnected'))
  const onStop = () => end.abort(stop.reason)
  client.addEventListener('abort', onDisconnect)
  stop.addEventListener('abort', onStop)
  if (client.aborted) onDisconnect()
  const release = () => {
    client.removeEventListener('abort', onDisconnect)
    stop.removeEventListener('abort', onStop)
  }
  return { signal: end.signal, release }
}

function noteFacts(c: Context<Env>, { name }: ModelRunner, { count, seed }: ResolvedRequest): void {
  c.set('facts', { model: name, images: count, seed })
}

export const stopping = (): MixflowError =>
  new MixflowError('SERVER_STOPPING', 'the server is stopping', {
    hint: 'try again later, or use another server',
    details: { retryAfterSeconds: 5 },
  })
