/**
 * One file from an http(s) address into memory, up to a limit, with every way it can fail named: not there, refused, a
 * web page instead of a file, no connection, a connection that broke. Each error names the address. A server that says
 * nothing for five minutes counts as a broken connection (the platform's own limit).
 */
import { MixflowError, type MixflowErrorCode, throwIfAborted } from '@mixflow/core'
import type { ReadOptions } from './model-files.ts'

export interface FetchOptions extends ReadOptions {
  /** Reading stops with the first chunk past this; the result is then longer than it. */
  readonly maxBytes: number
}

/** @throws MixflowError DOWNLOAD_* or ABORTED; details: `address`, and `status` where there was an answer. */
export async function fetchBytes(url: URL, options: FetchOptions): Promise<Uint8Array> {
  const { signal } = options
  throwIfAborted(signal)
  const response = await fetch(url, { signal: signal ?? null }).catch(cause => {
    throwIfAborted(signal)
    throw failed('DOWNLOAD_OFFLINE', url, {
      message: `no connection to ${url.host} for ${show(url)}: ${reasonOf(cause)}`,
      hint: 'check the address and the network, or load the model from a folder',
      cause,
    })
  })
  try {
    checkAnswer(url, response)
    return await readBody(response, options)
  } catch (cause) {
    throwIfAborted(signal)
    if (MixflowError.is(cause)) throw cause
    throw failed('DOWNLOAD_INTERRUPTED', url, {
      message: `the connection broke while reading ${show(url)}: ${reasonOf(cause)}`,
      hint: 'nothing was cached; try again',
      cause,
    })
  } finally {
    // Of a body that was read to its end nothing is left to cancel.
    await response.body?.cancel().catch(() => {})
  }
}

function checkAnswer(url: URL, { status, ok, headers }: Response): void {
  if (status === 404 || status === 410) {
    throw failed('DOWNLOAD_NOT_FOUND', url, {
      message: `${show(url)} is not there (status ${status})`,
      hint: 'a model is a folder with mixflow.json and the files it names: check the address in a browser',
      status,
    })
  }
  if (!ok) {
    throw failed('DOWNLOAD_REFUSED', url, {
      message: `the server refused ${show(url)} (status ${status})`,
      hint:
        status >= 500 ? 'the server has a problem: try again later' : 'check the address and whether it needs a login',
      status,
    })
  }
  if (/^(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '')) throw notAFile(url)
}

/** A web page, which servers like to send in place of a file that they do not have. */
export function notAFile(url: URL): MixflowError {
  return failed('DOWNLOAD_NOT_A_FILE', url, {
    message: `${show(url)} is a web page, not a file of a model`,
    hint: 'give the address that the files themselves are at (on a code host, the "raw" or "resolve" one)',
  })
}

async function readBody(response: Response, { maxBytes, onBytes }: FetchOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    onBytes?.(Math.min(length, maxBytes))
    if (length > maxBytes) break
  }
  return Buffer.concat(chunks, length)
}

interface Failure {
  readonly message: string
  readonly hint: string
  readonly status?: number
  readonly cause?: unknown
}

function failed(code: MixflowErrorCode, url: URL, { message, hint, status, cause }: Failure): MixflowError {
  const details = { address: show(url), ...(status === undefined ? {} : { status }) }
  return new MixflowError(code, message, { hint, details, cause })
}

/** The address without user, password and query, which may hold secrets. */
const show = (url: URL) => `${url.origin}${url.pathname}`

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return (inner as NodeJS.ErrnoException).code ?? (inner instanceof Error ? inner.message : String(inner))
}
