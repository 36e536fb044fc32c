/** The server's routes, and their common middleware: access control, errors, logs and metrics. */
import type { HttpBindings } from '@hono/node-server'
import type { MixflowError } from '@mixflow/core'
import { type Context, Hono, type Next } from 'hono'
import { cors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { modelAnswer } from './api/answers.ts'
import { createImages, stopping } from './api/create-images.ts'
import { type EndpointName, endpoints } from './api/endpoints.ts'
import { imagesRequestSchema, variationsRequestSchema } from './api/images-request.ts'
import { openapiDocument } from './api/openapi.ts'
import type { ModelRunner } from './batching/model-runner.ts'
import { finishBody } from './http/finish-body.ts'
import { checkAccess } from './http/guard.ts'
import { asMixflowError, headersOf, httpError, problemOf, problemType } from './http/problem.ts'
import type { Metrics } from './metrics.ts'
import type { ResolvedOptions } from './options.ts'

export interface AppParts {
  readonly runners: ReadonlyMap<string, ModelRunner>
  readonly options: ResolvedOptions
  readonly metrics: Metrics
  /** Whether new requests are refused. */
  isStopping(): boolean
  /** Aborted when running requests must end; its reason is the MixflowError that they fail with. */
  readonly stop: AbortSignal
}

export interface Env {
  Bindings: HttpBindings
  Variables: {
    requestId: string
    /** Facts about a request for images, for the log. */
    facts: Readonly<Record<string, string | number>>
    /** Logs an internal error. */
    report: (error: MixflowError) => void
  }
}

export type App = Hono<Env>

export function createApp(parts: AppParts): App {
  const { options, metrics, runners } = parts
  const { maxCount, maxNetworkCalls, maxQueue, timeoutSeconds } = options
  const document = openapiDocument(options)
  const app: App = new Hono()
  app.use(requestId(), observed(parts), guarded(options))
  if (options.allowOrigins.length > 0) app.use(corsFor(options))

  const handlers: Record<EndpointName, (c: Context<Env>) => Response | Promise<Response>> = {
    createImages: createImages(parts, imagesRequestSchema(options)),
    createVariations: createImages(parts, variationsRequestSchema(options)),
    listModels: c =>
      c.json({
        models: [...runners.values()].map(modelAnswer),
        limits: { maxCount, maxNetworkCalls, maxQueue, timeoutSeconds },
      }),
    health: c => c.json({ status: 'ok' }),
    readiness: c => {
      if (parts.isStopping()) throw stopping()
      return c.json({ status: 'ok' })
    },
    metrics: async c => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    openapi: c => c.json(document),
  }
  for (const [name, { method, path }] of Object.entries(endpoints)) {
    app.on(method.toUpperCase(), path, handlers[name as EndpointName])
    app.all(path, c => {
      const allow = method === 'get' ? 'GET, HEAD' : 'POST'
      throw httpError(405, `${path} supports ${allow}, not ${c.req.method}`, { headers: { allow } })
    })
  }
  app.notFound(c => {
    const paths = Object.values(endpoints).map(({ path }) => path)
    const message = `no endpoint at ${JSON.stringify(c.req.path.slice(0, 100))}`
    return answerError(c, httpError(404, message, { hint: `endpoints: ${paths.join(', ')}` }))
  })
  app.onError((error, c) => answerError(c, asMixflowError(error)))
  return app
}

function answerError(c: Context<Env>, error: MixflowError): Response {
  c.get('report')(error)
  const problem = problemOf(error, c.get('requestId'))
  return c.body(JSON.stringify(problem), problem.status as 400, { ...headersOf(error), 'content-type': problemType })
}

/** Logs and counts each request once its response has ended or its client has disconnected. */
const observed =
  ({ options: { log }, metrics, isStopping }: AppParts) =>
  async (c: Context<Env>, next: Next): Promise<void> => {
    const started = performance.now()
    const { method, path } = c.req
    const id = c.get('requestId')
    c.set('report', error => {
      const { code, message, cause } = error
      if (problemOf(error, id).status !== 500) return
      log({ level: 'error', event: 'fault', id, code, message, stack: (cause instanceof Error ? cause : error).stack })
    })
    const { outgoing } = c.env
    outgoing.once('close', () => {
      const seconds = (performance.now() - started) / 1000
      const status = outgoing.writableFinished ? outgoing.statusCode : 499
      const route = Object.values(endpoints).find(endpoint => endpoint.path === path)?.path ?? 'other'
      metrics.httpRequests.inc({ route, status })
      metrics.httpSeconds.observe({ route }, seconds)
      const milliseconds = Math.round(1000 * seconds)
      log({
        level: 'info',
        event: 'request',
        id,
        method,
        path: path.slice(0, 200),
        status,
        milliseconds,
        ...c.get('facts'),
      })
    })
    await next()
    for (const [name, value] of Object.entries(commonHeaders)) c.res.headers.set(name, value)
    if (isStopping()) c.res.headers.set('connection', 'close')
    c.res = await finishBody(c.res, c.env.incoming)
  }

const commonHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const guarded =
  (options: ResolvedOptions) =>
  async (c: Context<Env>, next: Next): Promise<void> => {
    checkAccess({ host: c.req.header('host'), origin: c.req.header('origin') }, options)
    await next()
  }

const corsFor = ({ allowOrigins }: ResolvedOptions) =>
  cors({
    origin: allowOrigins.includes('*') ? '*' : [...allowOrigins],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['content-type', 'x-request-id'],
    exposeHeaders: ['mixflow-seed', 'mixflow-shape', 'mixflow-label', 'retry-after', 'x-request-id'],
    maxAge: 600,
  })
