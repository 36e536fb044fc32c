/**
 * One file from an http(s) address into memory, with every way it can fail named (download-failures.ts).
 *
 * A connection that breaks is taken up where it broke, by a Range request; the caller's checksum decides whether the parts
 * belong together. A server that says nothing for long counts as broken when the platform says so.
 */
import { abortError, MixflowError, throwIfAborted } from '../errors.ts'
import { checkAnswer, interrupted, unreachable } from './download-failures.ts'
import type { ReadOptions } from './model-folder.ts'

export interface DownloadOptions extends ReadOptions {
  /** The size it must have; reading stops as soon as it is clear that it has another. */
  readonly bytes?: number | undefined
  /** Reading stops with the first chunk past this, where the size is not known. */
  readonly maxBytes: number
}

export interface Download {
  /** What was read; of a file that is too long, only its beginning. */
  readonly content: Uint8Array
  /** Its size as far as is known: of a file of the wrong size, what the server says or what was read. */
  readonly size: number
  /** Put together from more than one answer. */
  readonly resumed: boolean
}

/** How long to wait before each new attempt, in milliseconds; counted anew whenever bytes arrive. */
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

interface Asked {
  readonly signal: AbortSignal | undefined
  readonly from: number
}

function request(url: URL, { signal, from }: Asked): Promise<Response> {
  // what is kept is kept by its checksum, elsewhere: the browser's own cache would only hold it twice, or an old one
  const headers = from > 0 ? { range: `bytes=${from}-` } : {}
  return fetch(url, { headers, signal: signal ?? null, cache: 'no-cache' })
}

interface Reading extends DownloadOptions {
  readonly url: URL
  readonly parts: Parts
}

/** null if the answer was read to its end, or as far as is of interest; what broke otherwise. */
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
    // of a body that was read to its end nothing is left to cancel
    await response.body?.cancel().catch(() => {})
  }
}

/** The whole file's size, where the answer tells and it is surely not of an encoded form: other origins do not say so. */
function sizeOf({ status, headers, type }: Response): number | null {
  if (type === 'cors' || headers.get('content-encoding') !== null) return null
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  const length = status === 206 ? range : headers.get('content-length')
  return length === undefined || length === null ? null : Number(length)
}

/** Not every browser lets one iterate over a stream. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  if (reader === undefined) return
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    reader.releaseLock()
  }
}

/** The bytes so far: in one piece from the start where the size is known, so that the end needs no copy. */
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
