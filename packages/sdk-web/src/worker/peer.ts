/**
 * Questions and answers between two threads, in both directions over one port. Errors keep their code, hint and details. Buffers of a
 * `Moved` answer are transferred, not copied.
 */
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'

export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** An answer with the buffers to transfer. */
export class Moved<T> {
  readonly value: T
  readonly transfer: Transferable[]

  constructor(value: T, transfer: Transferable[]) {
    this.value = value
    this.transfer = transfer
  }
}

/** Kind of question -> its content and its answer. */
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

  ask<K extends keyof Theirs & string>(kind: K, content: Theirs[K][0]): Promise<Theirs[K][1]> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      const id = this.#asked++
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      try {
        this.#port.postMessage({ ask: kind, id, content } satisfies Message, [])
      } catch (cause) {
        this.#pending.delete(id)
        const message = `the request contains a value that cannot be sent to a worker: ${cause}`
        const hint = 'pass only plain numbers, arrays and objects; or load with worker: false'
        reject(new MixflowError('REQUEST_INVALID', message, { hint, cause }))
      }
    })
  }

  /** Rejects all pending and all later questions with this error. */
  close(error: unknown): void {
    this.#closed ??= error
    for (const { reject } of this.#pending.values()) reject(this.#closed)
    this.#pending.clear()
  }

  #receive(message: Message, handlers: Handlers<Questions>): void {
    if (message === null || typeof message !== 'object') return
    if ('ask' in message) {
      void this.#answer(message, handlers[message.ask])
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
  /** undefined: not a MixflowError. */
  readonly code?: MixflowErrorCode
  readonly message: string
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, unknown>>
}

function toPlain(error: unknown): PlainError {
  if (!MixflowError.is(error)) return { message: error instanceof Error ? error.message : String(error) }
  const { code, message, hint, details } = error
  return { code, message, hint, details: Object.fromEntries(Object.entries(details).filter(isSendable)) }
}

function isSendable([, value]: [string, unknown]): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

function fromPlain({ code, message, hint, details = {} }: PlainError): Error {
  if (code === undefined) return new Error(message)
  return new MixflowError(code, message, { ...(hint !== undefined && { hint: hint.split('\n') }), details })
}
