/**
 * One GET of a file, or of its rest, exactly as stored on the server.
 *
 * undici's own `request` rather than `fetch`: fetch would silently unpack a `.gz` that a server labels as encoded, and
 * has no time limits. Redirects are followed; proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 */
import { MixflowError } from '@mixflow/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici'

export interface BodyRequest {
  readonly dispatcher: Dispatcher
  /** First byte wanted. */
  readonly offset: number
  /** ETag of what the bytes before `offset` came from: if it has changed, the whole file is sent instead. */
  readonly etag: string | null
  /** Size of the whole file. */
  readonly bytes: number
  readonly signal: AbortSignal | undefined
}

export interface Body {
  /** First byte that comes: the wanted offset, or 0 where the server sends the whole file instead. */
  readonly offset: number
  /** Strong ETag of the file, null if there is none. */
  readonly etag: string | null
  readonly stream: Dispatcher.ResponseData['body']
}

const maxRedirects = 5
const connectTimeout = 10_000

/** Connections for one download; destroy it at the end. `idleMs` limits the wait for headers and between chunks. */
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
    throw new MixflowError('DOWNLOAD_OFFLINE', 'HTTP_PROXY or HTTPS_PROXY is not the address of a proxy', {
      hint: 'expected as http://proxy.example.org:8080; unset it to connect directly',
      cause,
    })
  }
}

/**
 * Opens the body. The caller consumes or destroys the stream.
 *
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_INTERRUPTED, DOWNLOAD_NOT_FOUND, DOWNLOAD_REFUSED (details: status),
 * DOWNLOAD_NOT_A_FILE, DOWNLOAD_SIZE_MISMATCH; `UnusableRange` where only a request without offset can help
 */
export async function openBody(address: string, wanted: BodyRequest): Promise<Body> {
  const { statusCode: status, headers, body: stream } = await send(address, wanted)
  try {
    if (status === 416 && wanted.offset > 0) throw new UnusableRange('the server refuses to send the rest (416)')
    if (status !== 200 && status !== 206) throw refusal(address, status)
    const kind = header(headers, 'content-type')
    if (/^(text\/html|application\/xhtml)/i.test(kind ?? '')) {
      throw new MixflowError('DOWNLOAD_NOT_A_FILE', `${address} answers with a web page (${kind})`, {
        hint: 'a network that asks for a log-in answers like this; open the address in a browser to see the page',
      })
    }
    const offset = status === 206 ? rangeStart(address, headers, wanted) : 0
    checkLength(address, { length: header(headers, 'content-length'), expected: wanted.bytes - offset })
    const etag = header(headers, 'etag')
    return { offset, etag: etag?.startsWith('"') ? etag : null, stream }
  } catch (error) {
    discard(stream)
    throw error
  }
}

/** The server cannot continue where we are: ask again, from the beginning. */
export class UnusableRange extends Error {}

/** Drops a body that nobody will read. */
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
      hint: 'is this machine online? behind a proxy, set HTTPS_PROXY',
      cause,
    })
  }
}

const neverConnected =
  /^(ENOTFOUND|EAI_|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT|CERT_|ERR_TLS|.*CERT)/

/** The error of a connection that broke or fell silent. */
export function interrupted(address: string, cause: unknown): MixflowError {
  const { message, code } = cause as NodeJS.ErrnoException
  return new MixflowError('DOWNLOAD_INTERRUPTED', `${address} broke off: ${message || code}`, {
    hint: 'run it again: it goes on with the bytes that have come so far',
    cause,
  })
}

function refusal(address: string, status: number): MixflowError {
  const missing = status === 404 || status === 410
  return new MixflowError(
    missing ? 'DOWNLOAD_NOT_FOUND' : 'DOWNLOAD_REFUSED',
    `${address} answers with status ${status}${missing ? ': there is no such file' : ''}`,
    { details: { address, status } },
  )
}

function rangeStart(address: string, headers: Headers, { offset, bytes }: BodyRequest): number {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header(headers, 'content-range') ?? '')
  if (Number(range?.[1]) !== offset) throw new UnusableRange('the server sends another part than the one asked for')
  if (range![2] !== '*' && Number(range![2]) !== bytes) throw wrongSize(address, Number(range![2]), bytes)
  return offset
}

function checkLength(address: string, { length, expected }: { length: string | null; expected: number }): void {
  if (length !== null && Number(length) !== expected) throw wrongSize(address, Number(length), expected)
}

export const wrongSize = (address: string, bytes: number | string, expected: number): MixflowError =>
  new MixflowError('DOWNLOAD_SIZE_MISMATCH', `${address} has ${bytes} bytes, expected ${expected}`, {
    hint: 'the file was changed on the server',
    details: { address, bytes, expected },
  })

type Headers = Dispatcher.ResponseData['headers']

const header = (headers: Headers, name: string): string | null => {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}
