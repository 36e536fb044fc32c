/**
 * Downloads one file from an http(s) address into memory; download-failures.ts names every failure.
 *
 * A broken connection is resumed by a Range request; the caller's checksum decides whether the parts belong together. The platform
 * decides when a silent server counts as a broken connection.
 */
import { abortError, MixflowError, throwIfAborted } from '../errors.ts'
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
  const { signal, bytes } = options
  throwIfAborted(signal)
  const parts = new Parts(bytes)
  let resumed = false
  for (let attempt = 0; ; attempt++) {
    const before = parts.length
    const response = await request(url, { signal, from: before }).catch(cause => {
      throwIfAborted(signal)
      return { cause }
    })
    if (!('cause' in response)) {
      if (before > 0 && response.status !== 206) parts.clear()
      else if (before > 0) resumed = true
      const broken = await readAnswer(response, { ...options, url, parts })
      if (broken === null) return { content: parts.content(), size: parts.size, resumed }
      if (parts.length > before) attempt = 0
      if (attempt >= pauses.length) throw interrupted(url, broken.cause)
    } else if (before === 0) {
      throw await unreachable(url, response.cause)
    } else if (attempt >= pauses.length) {
      throw interrupted(url, response.cause)
    }
    await pause(pauses[attempt] ?? 0, signal)
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
  readonly parts: Parts
}

/** Returns null if the response was read as far as needed, otherwise what broke. */
async function readAnswer(response: Response, options: Reading): Promise<{ readonly cause: unknown } | null> {
  const { url, parts, signal, bytes, maxBytes, onBytes } = options
  try {
    checkAnswer(url, response)
    const announced = sizeOf(response)
    if (bytes !== undefined && announced !== null && announced !== bytes) {
      parts.size = announced
      return null
    }
    const most = bytes ?? maxBytes
    for await (const chunk of chunksOf(response)) {
      parts.add(chunk)
      onBytes?.(Math.min(parts.length, most))
      if (parts.length > most) break
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

/** The bytes so far, in one array from the start if the size is known, which avoids a copy at the end. */
class Parts {
  length = 0
  #size: number | undefined
  readonly #whole: number | undefined
  #chunks: Uint8Array[] = []
  #memory: Uint8Array | undefined

  constructor(whole: number | undefined) {
    this.#whole = whole
  }

  get size(): number {
    return this.#size ?? this.length
  }

  set size(size: number) {
    this.#size = size
  }

  add(chunk: Uint8Array): void {
    if (this.#whole === undefined) this.#chunks.push(chunk)
    else {
      this.#memory ??= new Uint8Array(this.#whole)
      this.#memory.set(chunk.subarray(0, Math.max(0, this.#whole - this.length)), this.length)
    }
    this.length += chunk.length
  }

  clear(): void {
    this.length = 0
    this.#chunks = []
  }

  content(): Uint8Array {
    if (this.#memory !== undefined) return this.#memory.subarray(0, this.length)
    const all = new Uint8Array(this.length)
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      clearTimeout(timer)
      reject(abortError(signal!))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', ended)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', ended, { once: true })
  })
}
