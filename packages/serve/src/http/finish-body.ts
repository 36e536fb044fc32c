/**
 * Responses sent before the request's body was read (it is too large, has the wrong type or path). The connection cannot be
 * reused and must be closed, but closing a socket with unread bytes resets it, and the client could lose the response. So the
 * response is sent at once with `Connection: close`, and the rest of the body is read and discarded before the end.
 */
import type { IncomingMessage } from 'node:http'

/** Limits of what is read and discarded. */
const maxBytes = 16 * 2 ** 20
const maxMilliseconds = 2000

/** Returns the response. If the body is incomplete, it ends when the body does, or after 2 seconds or 16 MiB. */
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
      if (bytes > maxBytes) end()
    })
    for (const event of ['end', 'error', 'close']) incoming.once(event, end)
    incoming.resume()
  })
}
