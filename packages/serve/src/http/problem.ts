/**
 * Errors as RFC 9457 has them, `application/problem+json`: the status, our code and hint, and what failed in a sentence. What is
 * no MixflowError is a fault of ours: it goes into the log with its stack, and the client learns nothing but that.
 */
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { z } from 'zod'

export const problemType = 'application/problem+json'

export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().describe('The status in words.'),
    status: z.int(),
    detail: z.string().describe('What failed, with which value, and what was expected.'),
    code: z.string().describe('Stable: programs switch on it.'),
    hint: z.string().optional().describe('What to do next.'),
    requestId: z.string().describe('Of this request in the log.'),
  })
  .describe('An error, as RFC 9457 has it.')

export type Problem = z.infer<typeof problemSchema>

/** Status of each code that is not the server's own fault, 500. */
const statuses: Partial<Record<MixflowErrorCode, number>> = {
  REQUEST_INVALID: 400,
  SERVER_REFUSED: 403,
  MODEL_NOT_FOUND: 404,
  SOLVER_FAILED: 422,
  SERVER_BUSY: 429,
  /** Nginx's, for the log: nobody reads it. */
  ABORTED: 499,
  MODEL_DISPOSED: 503,
  DEVICE_LOST: 503,
  SERVER_STOPPING: 503,
  SERVER_TIMEOUT: 504,
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** A request that HTTP itself would not have so. */
export const httpError = (status: number, message: string, more: { hint?: string; headers?: object } = {}) =>
  new MixflowError('HTTP_INVALID', message, {
    ...(more.hint !== undefined && { hint: more.hint }),
    details: { status, ...(more.headers && { headers: more.headers }) },
  })

/** Anything thrown, as one of our errors. */
export const asMixflowError = (error: unknown): MixflowError =>
  MixflowError.is(error)
    ? error
    : new MixflowError('SERVER_FAILED', 'the server failed in a way that it should not', {
        hint: 'its log says how, at the line with this requestId',
        cause: error,
      })

/** `details.status` where the error has one, else that of its code. */
export function statusOf({ code, details }: MixflowError): number {
  return typeof details.status === 'number' ? details.status : (statuses[code] ?? 500)
}

export function problemOf(error: MixflowError, requestId: string): Problem {
  const status = statusOf(error)
  const { message: detail, code, hint } = error
  return {
    ...{ type: 'about:blank', title: titles[status] ?? 'Error', status, detail, code },
    ...(hint !== undefined && { hint }),
    requestId,
  }
}

/** `Retry-After` and `Allow`, where the error says them. */
export function headersOf({ details }: MixflowError): Record<string, string> {
  const { headers, retryAfterSeconds } = details
  return {
    ...(headers as Record<string, string> | undefined),
    ...(typeof retryAfterSeconds === 'number' && { 'retry-after': String(retryAfterSeconds) }),
  }
}
