/**
 * Errors as problem details of RFC 9457, `application/problem+json`: the status, a stable code, a message and a hint. Anything
 * but a MixflowError is an internal error: it is logged with its stack, and the client learns no details.
 */
import { STATUS_CODES } from 'node:http'
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { z } from 'zod'

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
