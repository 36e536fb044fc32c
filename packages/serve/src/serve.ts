/** An HTTP server for loaded models. */
import { setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { MixflowError } from '@mixflow/core'
import { show } from '@mixflow/core/internal'
import { stopping } from './api/create-images.ts'
import { type App, createApp } from './app.ts'
import { ModelRunner, type ServableModel } from './batching/model-runner.ts'
import { type RefuseParts, refuse, refuseSocket, writeRefusal } from './http/problem.ts'
import { finishBody } from './http/request-body.ts'
import { Metrics } from './metrics.ts'
import { type ResolvedOptions, resolveOptions, type ServeOptions } from './options.ts'

export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, with the actual port. */
  readonly address: string
  /**
   * Refuses new requests, waits up to `drainSeconds` for running ones, aborts the rest, and resolves once nothing runs. The models
   * stay open; disposing of them is the caller's responsibility. Calling it again does nothing.
   */
  close(): Promise<void>
}

/**
 * Serves models until `close()`.
 *
 * @param models by the names that requests use
 * @throws MixflowError ARGUMENT_INVALID; SERVER_ADDRESS if it cannot listen
 */
export async function serve(
  models: Readonly<Record<string, ServableModel>>,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const resolved = resolveOptions(options)
  checkModels(models)
  const metrics = new Metrics()
  const entries = Object.entries(models).map(
    ([name, model]) => [name, new ModelRunner({ name, model, limits: resolved, metrics })] as const,
  )
  const stop = new AbortController()
  // each request adds a listener
  setMaxListeners(0, stop.signal)
  let closing: Promise<void> | undefined
  const isStopping = () => closing !== undefined
  const app = createApp({ runners: new Map(entries), options: resolved, metrics, isStopping, stop: stop.signal })
  const server = listenerOf(app, { log: resolved.log, metrics })
  // ends responses that the client does not read
  server.setTimeout(1000 * (resolved.timeoutSeconds + 30))
  const answers = new Set<ServerResponse>()
  server.on('request', (_, response) => {
    answers.add(response)
    response.once('close', () => answers.delete(response))
  })

  const address = await listen(server, resolved)
  const { log } = resolved
  log({ level: 'info', event: 'listening', address, models: Object.keys(models).join(' ') })
  if (!isLoopback(server.address() as AddressInfo)) {
    log({
      level: 'warn',
      event: 'exposed',
      address,
      message: 'anyone who can reach this address can use the models: the server has no authentication',
    })
  }
  const close = (): Promise<void> => {
    closing ??= (async () => {
      log({ level: 'info', event: 'stopping', requests: answers.size })
      const closed = new Promise(resolve => server.close(resolve))
      const drained = new AbortController()
      await Promise.race([allClosed(answers), drain(stop, resolved.drainSeconds, drained.signal)])
      drained.abort()
      // connections on which a client is still sending or not reading
      server.closeAllConnections()
      await closed
      log({ level: 'info', event: 'stopped' })
    })()
    return closing
  }
  return { address, close, [Symbol.asyncDispose]: close }
}

/** For the final error responses, after the drain. */
const graceMilliseconds = 500

/** Aborts what still runs after `seconds`. Resolves when there is nothing more to wait for. */
async function drain(stop: AbortController, seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(1000 * seconds, undefined, { signal }).catch(() => {})
  if (signal.aborted) return
  stop.abort(stopping())
  await sleep(graceMilliseconds, undefined, { signal }).catch(() => {})
}

/** An HTTP server whose responses all come from the app or are problem details, also for invalid requests. */
function listenerOf(app: App, parts: RefuseParts): Server {
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) =>
    getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      // it would cut a connection half a second after an early response; finishBody waits longer
      autoCleanupIncoming: false,
      // requests with an invalid URL do not reach the app
      errorHandler(error) {
        const { status, text, headers } = refuse(
          400,
          `the request has no valid URL: ${(error as Error).message}`,
          parts,
        )
        return finishBody(new Response(text, { status, headers }), incoming)
      },
    })(incoming, outgoing)
  const server = createServer(
    {
      // ends requests that arrive too slowly
      requestTimeout: 30_000,
      headersTimeout: 15_000,
      connectionsCheckingInterval: 5000,
      // longer than clients and proxies keep idle connections, so that it is they who close them
      keepAliveTimeout: 75_000,
      // checkAccess refuses it with problem details
      requireHostHeader: false,
    },
    answer,
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(error, socket as Socket, parts))
  server.on('connect', ({ method }, socket) => {
    writeRefusal(socket as Socket, refuse(405, `${method} is not supported: this server is not a proxy`, parts))
  })
  server.on('checkExpectation', (incoming, outgoing) => {
    const message = `the expectation ${JSON.stringify(String(incoming.headers.expect).slice(0, 100))} cannot be met`
    const { status, text, headers } = refuse(417, message, parts)
    outgoing.writeHead(status, headers).end(text)
  })
  return server
}

function checkModels(models: Readonly<Record<string, ServableModel>>): void {
  const names = Object.keys(models)
  const wrong = names.find(name => !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
  if (names.length > 0 && wrong === undefined) return
  const message =
    wrong === undefined
      ? 'a server needs at least one model'
      : `the name of a model must be up to 100 letters, digits, ".", "_" and "-", got ${show(wrong)}`
  throw new MixflowError('ARGUMENT_INVALID', message, {
    hint: 'serve({ digits: await loadModel("runs/mnist/model") })',
  })
}

async function listen(server: Server, { host, port }: ResolvedOptions): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    const why = { EADDRINUSE: 'another program uses it', EACCES: 'permission denied' }[code] ?? code
    throw new MixflowError('SERVER_ADDRESS', `cannot listen on ${host} port ${port}: ${why}`, {
      hint: code === 'EADDRINUSE' ? 'give another --port; 0 is any free port' : 'give another --host or --port',
      details: { host, port, code },
      cause,
    })
  }
  const bound = server.address() as AddressInfo
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${bound.port}`
}

const isLoopback = ({ address }: AddressInfo): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address)

async function allClosed(answers: ReadonlySet<ServerResponse>): Promise<void> {
  while (answers.size > 0) {
    await Promise.all([...answers].map(answer => new Promise(resolve => answer.once('close', resolve))))
  }
}
