/**
 * Responses to what Node does not pass on as a request: a request line or headers that are invalid or arrive too slowly, an
 * invalid Host or target. They are problem details, logged and counted like all others.
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Metrics } from '../metrics.ts'
import type { Log } from './log.ts'
import { httpError, problemOf, problemType } from './problem.ts'

export interface RefuseParts {
  readonly log: Log
  readonly metrics: Metrics
}

export interface Refused {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

/** Makes the response, and counts and logs it. */
export function refuse(status: number, message: string, { log, metrics }: RefuseParts): Refused {
  const id = randomUUID()
  const text = JSON.stringify(problemOf(httpError(status, message), id))
  metrics.httpRequests.inc({ route: 'other', status })
  log({ level: 'info', event: 'request', id, status, message: message.slice(0, 200) })
  const headers = {
    connection: 'close',
    'content-type': problemType,
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': id,
  }
  return { status, text, headers }
}

/** Status and message by Node's error code. */
const parserErrors: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers exceed 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of a chunk exceed 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time'],
}

/** Responds on a socket whose request could not be parsed, unless a response has begun, and closes it. */
export function refuseSocket(error: NodeJS.ErrnoException, socket: Socket, parts: RefuseParts): void {
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: { readonly headersSent: boolean } | null }
  // the client has disconnected, or a response has begun
  if (!socket.writable || error.code === 'ECONNRESET' || begun?.headersSent) return void socket.destroy()
  const [status, message] = parserErrors[error.code ?? ''] ?? [400, `the request is not HTTP/1.1: ${error.message}`]
  writeRefusal(socket, refuse(status, message, parts))
}

/** Writes a response to the bare socket, then reads for 2 seconds, so that the client receives it. */
export function writeRefusal(socket: Socket, { status, text, headers }: Refused): void {
  const { title } = JSON.parse(text)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${text}`)
  socket.on('error', () => {})
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), 2000).unref()
  socket.once('close', () => clearTimeout(timer))
}
