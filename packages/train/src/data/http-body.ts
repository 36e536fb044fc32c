/**
 * A GET of a file or its remaining bytes, exactly as stored on the server. Uses undici's `request`, because `fetch` unpacks a `.gz`
 * that a server labels as encoded, and has no timeouts. Follows redirects; proxies are set by HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 */
import { MixflowError } from '@mixflow/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici'

interface BodyRequest {
  readonly dispatcher: Dispatcher
  /** First byte to request. */
  readonly offset: number
  /** ETag of the bytes before `offset`. If it has changed, the server sends the whole file. */
  readonly etag: string | null
  /** Size of the whole file. */
  readonly bytes: number
  readonly signal: AbortSignal | undefined
}

export interface Body {
  /** First byte of the stream: the requested offset, or 0 if the server sends the whole file. */
  readonly offset: number
  /** Strong ETag of the file; null if there is none. */
  readonly etag: string | null
  readonly stream: Dispatcher.ResponseData['body']
}

const maxRedirects = 5
const connectTimeout = 10_000

/** A client for one download; destroy it at the end. `idleMs` is the timeout for headers and between chunks. */
export function httpClient(idleMs: number): { dispatcher: Dispatcher; destroy(): Promise<void> } {
  const options = {
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    connect: { timeout: Math.min(connectTimeout, idleMs) },
  }
  const agent = isProxied() ? proxyAgent(options) : new Agent(options)
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: maxRedirects }))
  return { dispatcher, destroy: () => agent.destroy() }
}

const isProxied = () => ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some(name => process.env[name])

function proxyAgent(options: Agent.Options): EnvHttpProxyAgent {
  try {
    return new EnvHttpProxyAgent(options)
  } catch (cause) {
    throw new MixflowError('DOWNLOAD_OFFLINE', 'HTTP_PROXY or HTTPS_PROXY is not a valid proxy address', {
      hint: 'expected an address like http://proxy.example.org:8080; unset it to connect directly',
      cause,
    })
  }
}

/**
 * Opens the body. The caller consumes or destroys the stream.
 *
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_INTERRUPTED, DOWNLOAD_NOT_FOUND, DOWNLOAD_REFUSED (details: status),
 * DOWNLOAD_NOT_A_FILE, DOWNLOAD_SIZE_MISMATCH; `UnusableRange` if the request must be repeated without an offset
 */
export async function openBody(address: string, bodyRequest: BodyRequest): Promise<Body> {
  const { statusCode: status, headers, body: stream } = await send(address, bodyRequest)
  try {
    if (status === 416 && bodyRequest.offset > 0) throw new UnusableRange('the server refused the range (416)')
    if (status !== 200 && status !== 206) throw refusal(address, status)
    const kind = header(headers, 'content-type')
    if (/^(text\/html|application\/xhtml)/i.test(kind ?? '')) {
      throw new MixflowError('DOWNLOAD_NOT_A_FILE', `${address} answered with a web page (${kind})`, {
        hint: 'a network with a log-in page may cause this; open the address in a browser',
      })
    }
    const offset = status === 206 ? rangeStart(address, headers, bodyRequest) : 0
    const [length, expected] = [header(headers, 'content-length'), bodyRequest.bytes - offset]
    if (length !== null && Number(length) !== expected) throw wrongSize(address, Number(length), expected)
    const etag = header(headers, 'etag')
    return { offset, etag: etag?.startsWith('"') ? etag : null, stream }
  } catch (error) {
    discard(stream)
    throw error
  }
}

/** The server cannot send the rest: request the whole file. */
export class UnusableRange extends Error {}

/** Discards a body without reading it. */
export const discard = (stream: Body['stream']): void => void stream.on('error', () => {}).destroy()

async function send(address: string, { dispatcher, offset, etag, signal }: BodyRequest) {
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'mixflow' }
  if (offset > 0) headers.range = `bytes=${offset}-`
  if (offset > 0 && etag) headers['if-range'] = etag
  try {
    return await request(address, { dispatcher, headers, signal: signal ?? null })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (!neverConnected.test(code ?? '')) throw interrupted(address, cause)
    throw new MixflowError('DOWNLOAD_OFFLINE', `no connection to ${address}: ${message || code}`, {
      hint: 'check the connection; behind a proxy, set HTTPS_PROXY',
      cause,
    })
  }
}

const neverConnected =
  /^(ENOTFOUND|EAI_|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT|CERT_|ERR_TLS|.*CERT)/

/** The error of a lost or timed-out connection. */
export function interrupted(address: string, cause: unknown): MixflowError {
  const { message, code } = cause as NodeJS.ErrnoException
  return new MixflowError('DOWNLOAD_INTERRUPTED', `the download of ${address} was interrupted: ${message || code}`, {
    hint: 'run it again: it continues with the bytes received so far',
    cause,
  })
}

function refusal(address: string, status: number): MixflowError {
  const missing = status === 404 || status === 410
  const message = `${address} answered with status ${status}${missing ? ': there is no such file' : ''}`
  return new MixflowError(missing ? 'DOWNLOAD_NOT_FOUND' : 'DOWNLOAD_REFUSED', message, {
    details: { address, status },
  })
}

function rangeStart(address: string, headers: Headers, { offset, bytes }: BodyRequest): number {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header(headers, 'content-range') ?? '')
  if (Number(range?.[1]) !== offset) throw new UnusableRange('the server sent a different range')
  if (range![2] !== '*' && Number(range![2]) !== bytes) throw wrongSize(address, Number(range![2]), bytes)
  return offset
}

export function wrongSize(address: string, bytes: number | string, expected: number): MixflowError {
  const message = `unexpected file size: ${address} has ${bytes} bytes, expected ${expected}`
  const hint = 'the file was changed on the server'
  return new MixflowError('DOWNLOAD_SIZE_MISMATCH', message, { hint, details: { address, bytes, expected } })
}

type Headers = Dispatcher.ResponseData['headers']

const header = (headers: Headers, name: string): string | null => {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}
