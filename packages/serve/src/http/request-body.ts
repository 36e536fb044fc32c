/** Reads the JSON body of a request: with the right content type, limited in size, in UTF-8. */
import type { IncomingMessage } from 'node:http'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { httpError } from './problem.ts'

/** Enough for ten thousand labels. */
const maxBytes = 64 * 1024

/**
 * @param more bytes that the body may have beyond 64 KiB, for an image
 * @throws MixflowError HTTP_INVALID (413, 415); REQUEST_INVALID if it is not JSON; ABORTED if the client disconnects
 */
export async function readJson(incoming: IncomingMessage, more = 0): Promise<unknown> {
  const most = maxBytes + more
  const { headers } = incoming
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  // this also refuses forms of other pages, which browsers send without a preflight request
  if (type !== 'application/json') {
    const hint = 'send it with the header Content-Type: application/json'
    throw httpError(415, `the body must be application/json, not ${JSON.stringify(type.slice(0, 100))}`, { hint })
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    const message = `the body must not be compressed, got ${JSON.stringify(encoding.slice(0, 100))}`
    throw httpError(415, message, { headers: { 'accept-encoding': 'identity' } })
  }
  if (Number(headers['content-length'] ?? 0) > most) throw tooLarge(most)
  return parseStrictJson(await readBytes(incoming, most), {
    what: 'the body',
    code: 'REQUEST_INVALID',
    hint: 'send a JSON object such as {"count": 4, "seed": 42}',
  })
}

async function readBytes(incoming: IncomingMessage, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    // finishBody reads the rest of a body that is too large
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > most) throw tooLarge(most)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (cause) {
    if (MixflowError.is(cause)) throw cause
    throw new MixflowError('ABORTED', 'the client disconnected before the end of the body', { cause })
  }
}

const tooLarge = (most: number) => httpError(413, `the body must have at most ${most} bytes`)

const maxDiscardedBytes = 16 * 2 ** 20
const maxMilliseconds = 2000

/**
 * For responses before the request's body was read. The connection must be closed then, but closing a socket with unread bytes resets it,
 * and the client could lose the response: so the rest of the body is read and discarded first, up to 2 seconds or 16 MiB.
 */
export async function finishBody(response: Response, incoming: IncomingMessage): Promise<Response> {
  if (incoming.complete || incoming.destroyed) return response
  // a body in the same packet as its headers is read in the next turn of the event loop
  await new Promise(resolve => setImmediate(resolve))
  if (incoming.complete || incoming.destroyed) return response
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status, headers } = response
  headers.set('connection', 'close')
  headers.set('content-length', String(bytes.length))
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes)
      await discardRest(incoming)
      controller.close()
    },
  })
  return new Response(body, { status, headers })
}

function discardRest(incoming: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, maxMilliseconds)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    let bytes = 0
    incoming.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > maxDiscardedBytes) end()
    })
    for (const event of ['end', 'error', 'close']) incoming.once(event, end)
    incoming.resume()
  })
}
