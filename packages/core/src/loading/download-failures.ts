/**
 * The errors of a download: not found, refused, a web page instead of a file, cross-origin access denied, a bad redirect, no connection, a
 * broken connection. Each names the address.
 */
import { MixflowError, type MixflowErrorCode } from '../errors.ts'

/** @throws MixflowError if the response is not the file */
export function checkAnswer(url: URL, { status, ok, headers }: Response): void {
  if (status === 404 || status === 410) {
    throw failed('DOWNLOAD_NOT_FOUND', url, {
      message: `${show(url)} was not found (status ${status})`,
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

/** Many servers send a web page instead of a missing file. */
export function notAFile(url: URL): MixflowError {
  return failed('DOWNLOAD_NOT_A_FILE', url, {
    message: `${show(url)} is a web page, not a file of a model`,
    hint: 'use the address of the files themselves (on a code host, the "raw" or "resolve" address)',
  })
}

/** Browsers do not report why a request failed; a no-cors request shows whether the server is reachable. */
export async function unreachable(url: URL, cause: unknown): Promise<MixflowError> {
  const { location } = globalThis as { location?: { readonly origin: string } }
  const isForeign = location !== undefined && location.origin !== url.origin
  const isThere = () =>
    fetch(url, { mode: 'no-cors', method: 'HEAD', cache: 'no-store' }).then(
      () => true,
      () => false,
    )
  if (isForeign && (await isThere())) {
    return failed('DOWNLOAD_CROSS_ORIGIN', url, {
      message: `${url.host} does not let pages of ${location.origin} read ${show(url)}`,
      hint: 'serve the model from the page’s own origin, or send "Access-Control-Allow-Origin" with it',
      cause,
    })
  }
  if (await isRedirected(url)) {
    return failed('DOWNLOAD_REDIRECTED', url, {
      message: `${url.host} redirects ${show(url)} to an address that cannot be loaded: ${reasonOf(cause)}`,
      hint: 'open the address in a browser and use the final one; if it redirects in a circle, the server is misconfigured',
      cause,
    })
  }
  const policy = location === undefined ? '' : ', and that the page’s Content-Security-Policy allows it (connect-src)'
  return failed('DOWNLOAD_OFFLINE', url, {
    message: `no connection to ${url.host} for ${show(url)}: ${reasonOf(cause)}`,
    hint: `check the address and the network${policy}`,
    cause,
  })
}

const isRedirected = (url: URL) =>
  fetch(url, { method: 'HEAD', redirect: 'manual', cache: 'no-store' }).then(
    ({ status, type }) => type === 'opaqueredirect' || (status >= 300 && status < 400),
    () => false,
  )

export function interrupted(url: URL, cause: unknown): MixflowError {
  return failed('DOWNLOAD_INTERRUPTED', url, {
    message: `the connection broke while reading ${show(url)}: ${reasonOf(cause)}`,
    hint: 'nothing was cached; try again',
    cause,
  })
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

/** The address without user, password and query, which may contain secrets. */
const show = (url: URL) => `${url.origin}${url.pathname}`

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code = (inner as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  return inner instanceof Error ? inner.message : String(inner)
}
