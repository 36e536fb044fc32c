/** The body of a request as JSON: of the right type, not too large, UTF-8. */
import { parseStrictJson } from '@mixflow/core'
import { httpError } from './problem.ts'

/** Room for ten thousand classes, and no more to hold for anybody. */
const mostBytes = 64 * 1024

/** @throws MixflowError HTTP_INVALID (413, 415), REQUEST_INVALID for what is not JSON */
export async function readJson(request: Request): Promise<unknown> {
  const { headers } = request
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  // also against forms of other pages, which browsers send without asking
  if (type !== 'application/json') {
    const hint = 'send it with the header Content-Type: application/json'
    throw httpError(415, `the body must be application/json, not ${JSON.stringify(type.slice(0, 100))}`, { hint })
  }
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    const message = `the body must not be compressed, got ${JSON.stringify(encoding.slice(0, 100))}`
    throw httpError(415, message, { headers: { 'accept-encoding': 'identity' } })
  }
  if (Number(headers.get('content-length') ?? 0) > mostBytes) throw tooLarge()
  return parseStrictJson(await readBytes(request), {
    what: 'the body',
    code: 'REQUEST_INVALID',
    hint: 'send a JSON object such as {"count": 4, "seed": 42}',
  })
}

async function readBytes({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done || value === undefined) return Buffer.concat(chunks)
    bytes += value.length
    if (bytes > mostBytes) throw tooLarge()
    chunks.push(value)
  }
}

const tooLarge = () => httpError(413, `the body must have at most ${mostBytes} bytes`)
