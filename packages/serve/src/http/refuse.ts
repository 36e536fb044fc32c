/**
 * Answers what never becomes a request: a request line or headers that cannot be parsed, or came too slowly; a Host or target that is no
 * address. As every error they are problems, and have a line in the log.
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

/** The problem, counted and logged. */
export function refuse(status: number, message: string, { log, metrics }: RefuseParts): Refused {
  const id = randomUUID()
  const text = JSON.stringify(problemOf(httpError(status, message), id))
  metrics.httpRequests.inc({ route: 'other', status })
  log({ level: 'info', event: 'request', id, status, message: message.slice(0, 200) })
  const headers = {
    ...{ connection: 'close', 'content-type': problemType, 'content-length': String(Buffer.byteLength(text)) },
    ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': id },
  }
  return { status, text, headers }
}

/** Node's codes of what it cannot parse or wait for. */
const parserErrors: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers have more than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of a chunk have more than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come to its end in time'],
}

/** Answers on a socket whose request could not be parsed, if nothing has been answered on it, and ends it. */
export function refuseSocket(error: NodeJS.ErrnoException, socket: Socket, parts: RefuseParts): void {
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: { readonly headersSent: boolean } | null }
  // the client has gone, or reads an answer already
  if (!socket.writable || error.code === 'ECONNRESET' || begun?.headersSent) return void socket.destroy()
  const [status, message] = parserErrors[error.code ?? ''] ?? [400, `the request is not HTTP/1.1: ${error.message}`]
  writeRefusal(socket, refuse(status, message, parts))
}

/** Writes an answer without Node's help, then reads for a moment what still comes, so that the client gets it. */
export function writeRefusal(socket: Socket, { status, text, headers }: Refused): void {
  const { title } = JSON.parse(text)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${text}`)
  socket.on('error', () => {})
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), 2000).unref()
  socket.once('close', () => clearTimeout(timer))
}
