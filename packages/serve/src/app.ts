/** The server's routes, and their common middleware: access control, errors, logs and metrics. */

import { isIP } from 'node:net'
import { MixflowError } from '@mixflow/core'
import { type Context, Hono, type Next } from 'hono'
import { cors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { modelAnswer } from './api/answers.ts'
import { createImages, stopping } from './api/create-images.ts'
import { type EndpointName, endpoints, openapiDocument } from './api/endpoints.ts'
import { imagesRequestSchema, variationsRequestSchema } from './api/images-request.ts'
import { asMixflowError, headersOf, httpError, problemOf, problemType } from './http/problem.ts'
import { finishBody } from './http/request-body.ts'
import type { ResolvedOptions } from './options.ts'
import type { AppParts, Env } from './parts.ts'

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

const corsFor = ({ allowOrigins }: ResolvedOptions) =>
  cors({
    origin: allowOrigins.includes('*') ? '*' : [...allowOrigins],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['content-type', 'x-request-id'],
    exposeHeaders: ['mixflow-seed', 'mixflow-shape', 'mixflow-label', 'retry-after', 'x-request-id'],
    maxAge: 600,
  })

/**
 * Access control by Host and Origin. A page of another site can send requests to this machine, and by DNS rebinding (its name resolves to
 * 127.0.0.1) also read the responses. So the Host must be an IP address, localhost or an allowed name, and the Origin must be the
 * server's own or an allowed one.
 */
const guarded =
  ({ allowHosts, allowOrigins }: ResolvedOptions) =>
  async (c: Context<Env>, next: Next): Promise<void> => {
    const { host = '', origin } = c.req.header()
    const name = hostName(host)
    if (name === null || !(isOwn(name) || allowHosts.some(allowed => allowed.toLowerCase() === name))) {
      throw refused(`the host name ${JSON.stringify(host.slice(0, 100))} is not allowed`, 'host', name)
    }
    const isSame = origin !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
    if (origin !== undefined && !isSame && !allowOrigins.includes('*') && !allowOrigins.includes(origin)) {
      const message = `pages of ${JSON.stringify(origin.slice(0, 100))} are not allowed to use the server`
      throw refused(message, 'origin', origin)
    }
    await next()
  }

/** The name in `name:port`, in lower case, IPv6 without brackets; null if it is invalid. */
function hostName(host: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
}

/** Names that no page of another site can have. */
const isOwn = (name: string): boolean => isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')

const refused = (message: string, kind: 'host' | 'origin', value: string | null): MixflowError =>
  new MixflowError('SERVER_REFUSED', message, {
    hint: `to allow it, start the server with --allow-${kind} ${value !== null && /^[\w.:/-]+$/.test(value) ? value.slice(0, 100) : kind.toUpperCase()}`,
  })
