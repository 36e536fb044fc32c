/**
 * Downloads one file from an http(s) address into memory; download-failures.ts names every failure.
 *
 * A broken connection is resumed by a Range request; the caller's checksum decides whether the parts belong together. The platform
 * decides when a silent server counts as a broken connection.
 */
import { MixflowError, throwIfAborted, untilAborted } from '../errors.ts'
import { checkAnswer, interrupted, unreachable } from './download-failures.ts'
import type { ReadOptions } from './model-folder.ts'

export interface DownloadOptions extends ReadOptions {
  /** Expected size; reading stops as soon as another size is certain. */
  readonly bytes?: number | undefined
  /** If the size is not known, reading stops after the first chunk beyond this. */
  readonly maxBytes: number
}

export interface Download {
  /** The bytes that were read; of a file that is too long, only the beginning. */
  readonly content: Uint8Array
  /** Size of the file; for a file of another size than expected, what the server reports or what was read. */
  readonly size: number
  /** Whether the content comes from more than one response. */
  readonly resumed: boolean
}

/** Milliseconds before each retry; the count restarts whenever bytes arrive. */
const pauses = [0, 300, 1000]

/** @throws MixflowError DOWNLOAD_* or ABORTED; details: `address`, and `status` where there was an answer. */
export async function download(url: URL, options: DownloadOptions): Promise<Download> {
  const { signal } = options
  throwIfAborted(signal)
  const received: Received = { length: 0, size: 0, bytes: new Uint8Array() }
  let resumed = false
  for (let attempt = 0; ; attempt++) {
    const before = received.length
    const response = await request(url, { signal, from: before }).catch(cause => {
      throwIfAborted(signal)
      return { cause }
    })
    if (!('cause' in response)) {
      if (before > 0 && response.status !== 206) received.length = 0
      else if (before > 0) resumed = true
      const broken = await readAnswer(response, { ...options, url, received })
      if (broken === null) return { content: received.bytes.subarray(0, received.length), size: received.size, resumed }
      if (received.length > before) attempt = 0
      if (attempt >= pauses.length) throw interrupted(url, broken.cause)
    } else if (before === 0) {
      throw await unreachable(url, response.cause)
    } else if (attempt >= pauses.length) {
      throw interrupted(url, response.cause)
    }
    await untilAborted(new Promise(resolve => setTimeout(resolve, pauses[attempt] ?? 0)), signal)
  }
}

interface RangeRequest {
  readonly signal: AbortSignal | undefined
  readonly from: number
}

function request(url: URL, { signal, from }: RangeRequest): Promise<Response> {
  // files are cached by checksum; the browser's HTTP cache would store them twice, or return an old version
  const headers = from > 0 ? { range: `bytes=${from}-` } : {}
  return fetch(url, { headers, signal: signal ?? null, cache: 'no-cache' })
}

interface Reading extends DownloadOptions {
  readonly url: URL
  readonly received: Received
}

interface Received {
  /** Allocated by the first chunk. Of a file that is too long, the end does not fit. */
  bytes: Uint8Array
  length: number
  /** Of the file, as `Download.size`. */
  size: number
}

/** Returns null if the response was read as far as needed, otherwise what broke. */
async function readAnswer(response: Response, options: Reading): Promise<{ readonly cause: unknown } | null> {
  const { url, received, signal, bytes, maxBytes, onBytes } = options
  try {
    checkAnswer(url, response)
    const announced = sizeOf(response)
    if (bytes !== undefined && announced !== null && announced !== bytes) {
      received.size = announced
      return null
    }
    const most = bytes ?? maxBytes
    received.size = received.length
    for await (const chunk of chunksOf(response)) {
      if (received.bytes.length === 0) received.bytes = new Uint8Array(most + 1)
      received.bytes.set(chunk.subarray(0, most + 1 - received.length), received.length)
      received.size += chunk.length
      received.length = Math.min(received.size, most + 1)
      onBytes?.(Math.min(received.length, most))
      if (received.length > most) break
    }
    return null
  } catch (cause) {
    throwIfAborted(signal)
    if (MixflowError.is(cause)) throw cause
    return { cause }
  } finally {
    await response.body?.cancel().catch(() => {})
  }
}

/** Returns the size of the whole file, or null if unknown: cross-origin responses do not reveal whether they are encoded. */
function sizeOf({ status, headers, type }: Response): number | null {
  if (type === 'cors' || headers.get('content-encoding') !== null) return null
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  const length = status === 206 ? range : headers.get('content-length')
  return length === undefined || length === null ? null : Number(length)
}

/** Not every browser supports iterating over a stream. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  if (reader === undefined) return
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    reader.releaseLock()
  }
}
