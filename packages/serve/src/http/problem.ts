/**
 * Errors as problem details of RFC 9457, `application/problem+json`: the status, a stable code, a message and a hint. Anything
 * but a MixflowError is an internal error: it is logged with its stack, and the client learns no details.
 */

import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { z } from 'zod'
import type { Metrics } from '../metrics.ts'
import type { Log } from '../options.ts'

export const problemType = 'application/problem+json'

export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().describe('The name of the status.'),
    status: z.int(),
    detail: z.string().describe('What failed, with which value, and what was expected.'),
    code: z.string().describe('Stable error code, for programs.'),
    hint: z.string().optional().describe('What to do next.'),
    requestId: z.string().describe('Identifies the request in the log.'),
  })
  .describe('Problem details of RFC 9457.')

export type Problem = z.infer<typeof problemSchema>

/** Status by code; all others are 500. */
const statuses: Partial<Record<MixflowErrorCode, number>> = {
  REQUEST_INVALID: 400,
  SERVER_REFUSED: 403,
  MODEL_NOT_FOUND: 404,
  SOLVER_FAILED: 422,
  SERVER_BUSY: 429,
  /** The status of nginx for a client that disconnected; only for the log. */
  ABORTED: 499,
  MODEL_DISPOSED: 503,
  DEVICE_LOST: 503,
  SERVER_STOPPING: 503,
  SERVER_TIMEOUT: 504,
}

/** An error of the request's HTTP form. */
export const httpError = (status: number, message: string, more: { hint?: string; headers?: object } = {}) =>
  new MixflowError('HTTP_INVALID', message, {
    ...(more.hint !== undefined && { hint: more.hint }),
    details: { status, ...(more.headers && { headers: more.headers }) },
  })

/** Converts anything thrown to a MixflowError. */
export const asMixflowError = (error: unknown): MixflowError =>
  MixflowError.is(error)
    ? error
    : new MixflowError('SERVER_FAILED', 'internal server error', {
        hint: 'look for this requestId in the log of the server',
        cause: error,
      })

/** `details.status` if the error has it, else the status of its code. */
export function statusOf({ code, details }: MixflowError): number {
  return typeof details.status === 'number' ? details.status : (statuses[code] ?? 500)
}

export function problemOf(error: MixflowError, requestId: string): Problem {
  const status = statusOf(error)
  const { message: detail, code, hint } = error
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(hint !== undefined && { hint }),
    requestId,
  }
}

/** Headers of an error response: `Retry-After`, and those of the error. */
export function headersOf({ details }: MixflowError): Record<string, string> {
  const { headers, retryAfterSeconds } = details
  return {
    ...(headers as Record<string, string> | undefined),
    ...(typeof retryAfterSeconds === 'number' && { 'retry-after': String(retryAfterSeconds) }),
  }
}

// ---- what Node does not pass on as a request -----------------------------------------------------------------------

export interface RefuseParts {
  readonly log: Log
  readonly metrics: Metrics
}

interface Refused {
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
