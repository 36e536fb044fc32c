/**
 * Two threads that ask each other: a question has a kind and a content, its answer is a value or an error, either way over one
 * port. Errors keep their code, hint and details; buffers named with a content move instead of being copied.
 */
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'

export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** A value whose buffers move with it. */
export class Moved<T> {
  readonly value: T
  readonly transfer: Transferable[]

  constructor(value: T, transfer: Transferable[]) {
    this.value = value
    this.transfer = transfer
  }
}

/** Kind of question -> what it holds and what is answered. */
export type Questions = Record<string, readonly [content: unknown, answer: unknown]>

export type Handlers<Q extends Questions> = {
  readonly [K in keyof Q]: (content: Q[K][0]) => Promise<Q[K][1] | Moved<Q[K][1]>>
}

type Message =
  | { readonly ask: string; readonly id: number; readonly content: unknown }
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: PlainError }

interface Pending {
  resolve(value: unknown): void
  reject(error: unknown): void
}

export class Peer<Theirs extends Questions> {
  readonly #port: Port
  readonly #pending = new Map<number, Pending>()
  #asked = 0
  #closed: unknown

  constructor(port: Port, handlers: Handlers<Questions>) {
    this.#port = port
    port.addEventListener('message', ({ data }) => this.#receive(data as Message, handlers))
  }

  ask<K extends keyof Theirs & string>(
    kind: K,
    content: Theirs[K][0],
    transfer: Transferable[] = [],
  ): Promise<Theirs[K][1]> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      const id = this.#asked++
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      try {
        this.#port.postMessage({ ask: kind, id, content } satisfies Message, transfer)
      } catch (cause) {
        this.#pending.delete(id)
        reject(
          new MixflowError('REQUEST_INVALID', `the request holds what cannot be sent to a worker: ${cause}`, {
            hint: 'give plain numbers, arrays and records; or load with worker: false',
            cause,
          }),
        )
      }
    })
  }

  /** All questions without an answer, and all later ones, fail with this. */
  close(error: unknown): void {
    this.#closed ??= error
    for (const { reject } of this.#pending.values()) reject(this.#closed)
    this.#pending.clear()
  }

  #receive(message: Message, handlers: Handlers<Questions>): void {
    if (message === null || typeof message !== 'object') return
    if ('ask' in message) {
      this.#answer(message, handlers[message.ask])
      return
    }
    const pending = this.#pending.get(message.answer)
    this.#pending.delete(message.answer)
    if ('error' in message) pending?.reject(fromPlain(message.error))
    else pending?.resolve(message.value)
  }

  async #answer(
    { id, content }: { readonly id: number; readonly content: unknown },
    handler: Handlers<Questions>[string] | undefined,
  ): Promise<void> {
    try {
      const value = await handler?.(content)
      if (value instanceof Moved) this.#port.postMessage({ answer: id, value: value.value }, value.transfer)
      else this.#port.postMessage({ answer: id, value }, [])
    } catch (error) {
      this.#port.postMessage({ answer: id, error: toPlain(error) }, [])
    }
  }
}

interface PlainError {
  /** Of a MixflowError. */
  readonly code?: MixflowErrorCode
  readonly message: string
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, unknown>>
}

function toPlain(error: unknown): PlainError {
  if (!MixflowError.is(error)) return { message: error instanceof Error ? error.message : String(error) }
  const { code, message, hint, details } = error
  return { code, message, hint, details: sendable(details) }
}

/** Without what cannot be sent. */
function sendable(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(details).filter(([, value]) => {
    try {
      structuredClone(value)
      return true
    } catch {
      return false
    }
  })
  return Object.fromEntries(entries)
}

function fromPlain({ code, message, hint, details = {} }: PlainError): Error {
  if (code === undefined) return new Error(message)
  return new MixflowError(code, message, { ...(hint !== undefined && { hint: hint.split('\n') }), details })
}
