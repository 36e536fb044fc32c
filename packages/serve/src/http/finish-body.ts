/**
 * An answer that is given before the request's body has come (it is too large, of another type, for another path): the connection
 * cannot take another request, so it is closed; but a socket closed with unread bytes is reset, and the client could lose the answer. So
 * the answer is sent at once, with `Connection: close`, and the rest of the body is read and dropped before the end.
 */
import type { IncomingMessage } from 'node:http'

/** What is read to be dropped. */
const mostBytes = 16 * 2 ** 20
const mostMilliseconds = 2000

/** Returns the answer, and where the body is not complete, one that ends when it is, or after 2 seconds or 16 MiB of it. */
export async function finishBody(answer: Response, incoming: IncomingMessage): Promise<Response> {
  if (incoming.complete || incoming.destroyed) return answer
  // a body in the same packet as its headers is read a turn later
  await new Promise(resolve => setImmediate(resolve))
  if (incoming.complete || incoming.destroyed) return answer
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const { status, headers } = answer
  headers.set('connection', 'close')
  headers.set('content-length', String(bytes.length))
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes)
      await dropRest(incoming)
      controller.close()
    },
  })
  return new Response(body, { status, headers })
}

function dropRest(incoming: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, mostMilliseconds)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    let bytes = 0
    incoming.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > mostBytes) end()
    })
    for (const event of ['end', 'error', 'close']) incoming.once(event, end)
    incoming.resume()
  })
}
